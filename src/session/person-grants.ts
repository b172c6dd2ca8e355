import { createHash } from 'node:crypto'
import type { Events } from '../events.js'
import { parseObject } from './connection-record.js'
import type { LoginTokens } from './login-record.js'
import { createMoveToFirstKey } from './move-to-first-key.js'
import { createSealing } from './sealing.js'
import type { Store } from './store.js'

/** The tokens of a person's latest login at one of our client ids. */
export interface PersonGrant extends LoginTokens {
  /** When that login began, in milliseconds since 1970. */
  readonly startedAt: number
}

/** What is kept of one person. */
export interface KeptGrants {
  /** One for each client id at most. */
  readonly grants: readonly PersonGrant[]
  /** Is there one that no key opens? */
  readonly hasSealed: boolean
}

/**
 * What is left of people's logins beside their sessions, so that an account can be deleted without its browser: Apple
 * takes tokens back only from who has them. Everything here rejects with AppleStoreError.
 *
 * @see https://developer.apple.com/documentation/technotes/tn3194-handling-account-deletions-and-revoking-tokens-for-sign-in-with-apple
 */
export interface PersonGrants {
  /** Keeps the tokens of a login in the place of the person's earlier ones at that client id. */
  keep(sub: string, grant: PersonGrant): Promise<void>
  /** Puts renewed tokens in the place of those with that refresh token; where others are by now, these stay. */
  renew(sub: string, refreshToken: string, grant: PersonGrant): Promise<void>
  /** What is kept of a person; moves to the first key on the way. */
  find(sub: string): Promise<KeptGrants>
  /** Forgets what is kept of a person from logins that began until then (milliseconds since 1970), and what no key opens. */
  forget(sub: string, until: number): Promise<void>
  /** Forgets these very tokens. */
  forgetTokens(sub: string, tokens: { refreshToken?: string | undefined; accessToken: string }): Promise<void>
}

/** What the keys of people's tokens begin with: there may be millions, and nobody lists them. */
export const grantPrefix = 'grant:'

/**
 * Makes the register for an instance; `clientIds` are all that a login may be for, the instance's own first. Sealed
 * values work only under their own key.
 */
export function createPersonGrants(
  store: Store,
  clientIds: readonly string[],
  keys: readonly Buffer[],
  events: Events,
): PersonGrants {
  const [ownId = ''] = clientIds
  const move = createMoveToFirstKey(store, events)
  const keyOf = (sub: string, clientId: string): string => `${grantPrefix}${digest([ownId, clientId, sub])}`
  const sealingOf = (key: string) => createSealing(keys, `${key} ${ownId}`)

  async function read(key: string): Promise<PersonGrant | 'sealed' | undefined> {
    const stored = await store.get(key)
    if (stored === undefined) return undefined
    const sealing = sealingOf(key)
    const opened = sealing.open(stored)
    if (opened === undefined) return 'sealed'
    const grant = parseGrant(opened)
    if (grant !== undefined && !sealing.isCurrent(stored)) await move(key, stored, sealing.seal(opened), lifeOf(grant))
    return grant
  }

  function write(key: string, grant: PersonGrant): Promise<void> {
    return store.set(key, sealingOf(key).seal(JSON.stringify(grant)), lifeOf(grant))
  }

  async function forgetWhere(sub: string, isMeant: (grant: PersonGrant | 'sealed') => boolean): Promise<void> {
    for (const clientId of clientIds) {
      const key = keyOf(sub, clientId)
      const grant = await read(key)
      if (grant !== undefined && isMeant(grant)) await store.delete(key)
    }
  }

  return {
    keep: (sub, grant) => write(keyOf(sub, grant.issuedTo ?? ownId), grant),

    async renew(sub, refreshToken, grant) {
      const key = keyOf(sub, grant.issuedTo ?? ownId)
      const kept = await read(key)
      if (kept !== undefined && kept !== 'sealed' && kept.refreshToken === refreshToken) await write(key, grant)
    },

    async find(sub) {
      const kept = await Promise.all(clientIds.map((clientId) => read(keyOf(sub, clientId))))
      return {
        grants: kept.filter((grant) => grant !== undefined && grant !== 'sealed'),
        hasSealed: kept.includes('sealed'),
      }
    },

    // What no key opens is of no use either, and Apple has ended it.
    forget: (sub, until) => forgetWhere(sub, (grant) => grant === 'sealed' || grant.startedAt <= until),

    forgetTokens: (sub, { refreshToken, accessToken }) =>
      forgetWhere(sub, (grant) => {
        if (grant === 'sealed') return false
        return refreshToken === undefined ? grant.accessToken === accessToken : grant.refreshToken === refreshToken
      }),
  }
}

function parseGrant(text: string): PersonGrant | undefined {
  const { accessToken, accessTokenExpiresAt, refreshToken, issuedTo, startedAt } = parseObject(text)
  if (typeof accessToken !== 'string' || typeof accessTokenExpiresAt !== 'number') return undefined
  if (typeof startedAt !== 'number') return undefined
  return {
    accessToken,
    accessTokenExpiresAt,
    refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined,
    issuedTo: typeof issuedTo === 'string' ? issuedTo : undefined,
    startedAt,
  }
}

/** How long tokens are of use, in milliseconds; undefined for ever: Apple documents no end of a refresh token. */
function lifeOf({ refreshToken, accessTokenExpiresAt }: PersonGrant): number | undefined {
  return refreshToken === undefined ? Math.max(1, Math.ceil(accessTokenExpiresAt * 1000 - Date.now())) : undefined
}

/** A key of constant length: some stores allow 255 characters, and a `sub` may have as many itself. */
function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
