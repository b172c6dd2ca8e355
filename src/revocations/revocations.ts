import { randomBytes } from 'node:crypto'
import type { AppleClient } from '../apple/client.js'
import type { Events } from '../events.js'
import type { Leases } from '../session/leases.js'
import type { OwedRevocation, OwedRevocations } from '../session/owed-revocations.js'
import type { RenewedConsents } from '../session/renewed-consents.js'
import { personSubject } from '../session/subject.js'
import { createOutbox } from './outbox.js'
import { askApple } from './ask-apple.js'
import { createFirstAttempt, forgetOwed, type RevocationOutcome } from './first-attempt.js'
import { createSendOwed } from './send-owed.js'

/**
 * Tokens that Apple is to take back: written down before anything else happens, so that neither Apple's silence nor the
 * end of this process loses one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export interface Revocations {
  /** Writes down what is to be revoked; where the store fails, Apple is asked once and that is all. Never rejects. */
  owe(tokens: RevocableTokens): Promise<RevocationUnderWay>
  /** Tells that this person has just given their consent: what is still owed of them is of no more use. Never rejects. */
  consented(sub: string): Promise<void>
  /** Sends nothing more by itself: what is owed is left in the store, for others or for the next start. */
  stop(): void
}

/** The tokens of one grant, and whose they are; more members than these do not matter. */
export interface RevocableTokens {
  readonly refreshToken?: string | undefined
  readonly accessToken: string
  /** Seconds since 1970. */
  readonly accessTokenExpiresAt: number
  readonly sub: string | undefined
  readonly organizationId: string | undefined
  /** The client id that they belong to, where it is not the instance's. */
  readonly issuedTo?: string | undefined
}

/** A revocation that has been written down and not been sent. */
export interface RevocationUnderWay {
  /** Asks Apple; again later where that may help. Never rejects. */
  send(): Promise<RevocationOutcome>
  /** Takes it back: nothing is to be revoked after all. Never rejects. */
  withdraw(): Promise<void>
}

/** What revocations are made of. */
export interface RevocationsParts {
  readonly records: OwedRevocations
  readonly consents: RenewedConsents
  readonly leases: Leases
  readonly client: AppleClient
  readonly events: Events
  /** The deadline of one call to Apple, in milliseconds. */
  readonly httpTimeoutMs: number
  /** Do other processes see the store too? Else nobody has left anything behind in it. */
  readonly isShared: boolean
  /** Has this school been connected anew since then (milliseconds since 1970)? The new grant would end with the old one. */
  readonly isConnectedSince: (organizationId: string, time: number) => Promise<boolean>
  /** Called when Apple has taken tokens back; what it rejects with is noted, no more. */
  readonly revoked: (owed: OwedRevocation) => Promise<void>
}

/** How long a refresh token is tried to be revoked, in milliseconds; Apple documents no end of its use. */
const refreshTokenMs = 180 * 24 * 60 * 60 * 1000
/** What the session's store may take before Apple is asked for the first time, in milliseconds. */
const graceMs = 10 * 1000

/** Wires the revocations of one instance. */
export function createRevocations(parts: RevocationsParts): Revocations {
  const { records, consents, client, events, httpTimeoutMs } = parts
  const outbox = createOutbox(
    records,
    createSendOwed(parts, (owed) => askApple(client, owed), done),
    events,
  )
  const attempt = createFirstAttempt(parts, outbox, done)
  if (parts.isShared) outbox.start()

  async function done(owed: OwedRevocation): Promise<void> {
    try {
      await parts.revoked(owed)
      if (owed.sub !== undefined) await consents.unwatch(personSubject(owed.sub))
    } catch (error) {
      events.note('tokens were revoked, and what stood on them could not be forgotten', error)
    }
  }

  async function keep(owed: OwedRevocation): Promise<boolean> {
    try {
      // First, so that a login from now on is known, which the old revocation would end.
      if (owed.sub !== undefined) await consents.watch(personSubject(owed.sub), owed.endsAt)
      await records.keep(owed)
      return true
    } catch (error) {
      events.note('a revocation could not be written down, so Apple is asked once only', error)
      return false
    }
  }

  return {
    stop: () => {
      outbox.stop()
    },

    async consented(sub) {
      await consents.renew(personSubject(sub)).catch((error: unknown) => {
        events.note('a login may end with a revocation that is owed', error)
      })
    },

    async owe(tokens) {
      const owed = write(tokens, httpTimeoutMs + graceMs)
      const isKept = await keep(owed)
      return {
        send: () => attempt(owed, isKept),
        async withdraw() {
          await forgetOwed(parts, owed, isKept)
        },
      }
    },
  }
}

/** `ownMs`: so long other nodes leave it alone while this one is at it, in milliseconds. */
function write(tokens: RevocableTokens, ownMs: number): OwedRevocation {
  const { refreshToken, accessToken, accessTokenExpiresAt, sub, organizationId, issuedTo } = tokens
  const now = Date.now()
  return {
    id: randomBytes(16).toString('base64url'),
    refreshToken,
    accessToken,
    sub,
    organizationId,
    issuedTo,
    owedAt: now,
    endsAt: refreshToken === undefined ? accessTokenExpiresAt * 1000 : now + refreshTokenMs,
    attempts: 0,
    dueAt: now + ownMs,
  }
}
