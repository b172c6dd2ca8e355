import { createHash } from 'node:crypto'
import type { Store } from './store.js'

/**
 * People of whom a revocation is owed to Apple, and when they have given their consent anew since: Apple has one consent
 * per person and app, so the old revocation would end the new login. Rejects with AppleStoreError.
 */
export interface RenewedConsents {
  /** Notes that something is owed of this subject (see `subject.ts`), until then (milliseconds since 1970). */
  watch(subject: string, until: number): Promise<void>
  /**
   * Notes that nothing is owed of the subject any more. What else there may be of it is not worth a note: Apple has just
   * ended the whole consent, and does nothing about tokens that have ended.
   */
  unwatch(subject: string): Promise<void>
  /** Notes that the subject has given its consent now, where something is owed of it. */
  renew(subject: string): Promise<void>
  /** When that was, in milliseconds since 1970; -Infinity for never. */
  renewedAt(subject: string): Promise<number>
}

/** What lies under a subject's key. */
const watched = 'owed'
/** A note of a renewal is good for all that is owed at the time; in milliseconds. */
const keptMs = 180 * 24 * 60 * 60 * 1000

/** Makes the register for one client id. */
export function createRenewedConsents(store: Store, clientId: string): RenewedConsents {
  const keyOf = (subject: string): string =>
    `consent:${createHash('sha256')
      .update(JSON.stringify([clientId, subject]))
      .digest('base64url')}`
  return {
    watch: (subject, until) => store.set(keyOf(subject), watched, Math.max(1, Math.ceil(until - Date.now()))),

    unwatch: (subject) => store.delete(keyOf(subject)),

    async renew(subject) {
      if ((await store.get(keyOf(subject))) === undefined) return
      await store.set(keyOf(subject), String(Date.now()), keptMs)
    },

    async renewedAt(subject) {
      const renewedAt = Number((await store.get(keyOf(subject))) ?? NaN)
      return Number.isFinite(renewedAt) ? renewedAt : -Infinity
    },
  }
}
