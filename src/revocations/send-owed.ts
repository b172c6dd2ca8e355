import type { OwedRevocation } from '../session/owed-revocations.js'
import { personSubject } from '../session/subject.js'
import { failureOf, isFinal, nextAttemptAt } from './failed-attempt.js'
import type { RevocationsParts } from './revocations.js'

/**
 * Sends one revocation that is in the store, unless another node is at it or it is not due; gives the time when it is to
 * be looked at again (milliseconds since 1970), undefined when it is no more.
 *
 * @throws AppleStoreError
 */
export type SendOwed = (id: string) => Promise<number | undefined>

/** What a store may take around a call to Apple, in milliseconds. */
const storeMs = 30 * 1000

/** When to look again at what another node is at, in milliseconds. */
const othersMs = 5000

/** Makes the sender of revocations that were owed; `attempt` asks Apple once, `done` follows when Apple said yes. */
export function createSendOwed(
  { records, consents, leases, events, httpTimeoutMs, isConnectedSince }: RevocationsParts,
  attempt: (owed: OwedRevocation) => Promise<void>,
  done: (owed: OwedRevocation) => Promise<void>,
): SendOwed {
  const leaseMs = httpTimeoutMs + storeMs
  /** Those that no key opens and that an event has told of. */
  const told = new Set<string>()

  /** Is there a newer grant, which would end with the old one? Apple has one consent per person, or school, and app. */
  async function isSuperseded({ sub, organizationId, owedAt }: OwedRevocation): Promise<boolean> {
    if (sub !== undefined && (await consents.renewedAt(personSubject(sub))) > owedAt) return true
    return organizationId !== undefined && (await isConnectedSince(organizationId, owedAt))
  }

  async function send(owed: OwedRevocation): Promise<number | undefined> {
    if (await isSuperseded(owed)) {
      events.note('a revocation is not sent any more', 'consent has been given anew, and would end with it')
      await records.forget(owed.id)
      return undefined
    }
    try {
      await attempt(owed)
    } catch (cause) {
      return postpone(owed, cause)
    }
    await done(owed)
    await records.forget(owed.id)
    return undefined
  }

  async function postpone(owed: OwedRevocation, cause: unknown): Promise<number | undefined> {
    const error = failureOf(cause)
    const attempts = owed.attempts + 1
    const dueAt = nextAttemptAt(attempts)
    if (!isFinal(error) && dueAt < owed.endsAt) {
      events.note(`a revocation failed ${String(attempts)} times and is tried again`, error)
      await records.keep({ ...owed, attempts, dueAt })
      return dueAt
    }
    await records.forget(owed.id)
    const { sub, organizationId } = owed
    events.emit('revocation_failed', { sub, organizationId, error, willRetry: false })
    return undefined
  }

  return async function sendOwed(id) {
    const lease = await leases.take(`revocation:${id}`, leaseMs)
    if (lease === undefined) return Date.now() + othersMs
    try {
      const owed = await records.find(id)
      if (owed === undefined) return undefined
      if ('isSealed' in owed) {
        // The next sweep finds it again: by then its key may be back.
        if (!told.has(id)) events.emit('unsealing_failed', { record: 'revocation', organizationId: undefined })
        told.add(id)
        return undefined
      }
      return owed.dueAt > Date.now() ? owed.dueAt : await send(owed)
    } finally {
      await lease.release().catch((error: unknown) => {
        events.note('the lease of a revocation could not be given back', error)
      })
    }
  }
}
