import { createHash } from 'node:crypto'
import { parseObject } from './connection-record.js'
import { createSealing } from './sealing.js'
import type { Store } from './store.js'

/** Tokens that Apple has not taken back yet. */
export interface OwedRevocation {
  readonly id: string
  /** What is revoked; without it the access token. */
  readonly refreshToken?: string | undefined
  readonly accessToken: string
  readonly sub?: string | undefined
  readonly organizationId?: string | undefined
  /** The client id that the tokens belong to, where it is not the instance's. */
  readonly issuedTo?: string | undefined
  /** When the logout was, in milliseconds since 1970. */
  readonly owedAt: number
  /** From then on there is nothing left to revoke, in milliseconds since 1970. */
  readonly endsAt: number
  /** How often Apple has been asked. */
  readonly attempts: number
  /** When Apple is asked next, in milliseconds since 1970. */
  readonly dueAt: number
}

/** One that is there and that none of the keys opens. */
export interface SealedRevocation {
  readonly id: string
  readonly isSealed: true
}

/** The revocations that are owed to Apple, for one client id. Everything here rejects with AppleStoreError. */
export interface OwedRevocations {
  keep(owed: OwedRevocation): Promise<void>
  find(id: string): Promise<OwedRevocation | SealedRevocation | undefined>
  forget(id: string): Promise<void>
  /** All of them, each with the time when it is due. */
  list(): AsyncIterable<{ readonly id: string; readonly dueAt: number }>
}

/** What lies in the store: what must be known of it without opening it, and the rest, sealed where there are keys. */
interface Envelope {
  readonly revocation: string
  readonly client: string
  readonly dueAt: number
  readonly attempts: number
  readonly owed: string
}

/** Makes the register of owed revocations. Sealed values work only under their own key. */
export function createOwedRevocations(store: Store, clientId: string, keys: readonly Buffer[]): OwedRevocations {
  const client = createHash('sha256').update(clientId).digest('base64url')
  const keyOf = (id: string): string => `revocation:${id}`
  const sealingOf = (id: string) => createSealing(keys, `${keyOf(id)} ${clientId}`)

  function parse(text: string): Envelope | undefined {
    const { revocation, client: whose, dueAt, attempts, owed } = parseObject(text)
    if (typeof revocation !== 'string' || whose !== client || typeof owed !== 'string') return undefined
    if (typeof dueAt !== 'number' || typeof attempts !== 'number') return undefined
    return { revocation, client, dueAt, attempts, owed }
  }

  return {
    async keep({ id, dueAt, attempts, ...owed }) {
      const sealed = sealingOf(id).seal(JSON.stringify(owed))
      const envelope: Envelope = { revocation: id, client, dueAt, attempts, owed: sealed }
      const lifeMs = Math.max(1, Math.ceil(owed.endsAt - Date.now()))
      await store.set(keyOf(id), JSON.stringify(envelope), lifeMs)
    },

    async find(id) {
      const envelope = parse((await store.get(keyOf(id))) ?? '')
      if (envelope?.revocation !== id) return undefined
      const opened = sealingOf(id).open(envelope.owed)
      if (opened === undefined) return { id, isSealed: true }
      return parseOwed(opened, envelope)
    },

    forget: (id) => store.delete(keyOf(id)),

    async *list() {
      for await (const text of store.values()) {
        const envelope = parse(text)
        if (envelope !== undefined) yield { id: envelope.revocation, dueAt: envelope.dueAt }
      }
    },
  }
}

function parseOwed(text: string, { revocation, dueAt, attempts }: Envelope): OwedRevocation | undefined {
  const { refreshToken, accessToken, sub, organizationId, issuedTo, owedAt, endsAt } = parseObject(text)
  if (typeof accessToken !== 'string' || typeof owedAt !== 'number' || typeof endsAt !== 'number') return undefined
  return {
    id: revocation,
    refreshToken: textOf(refreshToken),
    accessToken,
    sub: textOf(sub),
    organizationId: textOf(organizationId),
    issuedTo: textOf(issuedTo),
    owedAt,
    endsAt,
    attempts,
    dueAt,
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
