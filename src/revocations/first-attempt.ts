import type { OwedRevocation } from '../session/owed-revocations.js'
import { personSubject } from '../session/subject.js'
import { askApple } from './ask-apple.js'
import { failureOf, isFinal, nextAttemptAt } from './failed-attempt.js'
import type { Outbox } from './outbox.js'
import type { RevocationsParts } from './revocations.js'

/** Asks Apple while the person waits; true when it is done. `isKept`: it is in the store, so it can be tried again. */
export type FirstAttempt = (owed: OwedRevocation, isKept: boolean) => Promise<boolean>

/** Makes the first attempt, which hands what may help later over to the outbox; `done` follows when Apple said yes. */
export function createFirstAttempt(
  parts: RevocationsParts,
  outbox: Outbox,
  done: (owed: OwedRevocation) => Promise<void>,
): FirstAttempt {
  const { records, consents, client, events } = parts

  async function postpone(owed: OwedRevocation): Promise<boolean> {
    const next = { ...owed, attempts: 1, dueAt: nextAttemptAt(1) }
    if (next.dueAt >= owed.endsAt) return false
    await records.keep(next).catch((error: unknown) => {
      events.note('a revocation is tried again a little later: the record from before still stands', error)
    })
    await watch(owed)
    outbox.add(next)
    return true
  }

  /** So that a login from now on is known, which the old revocation would end. */
  async function watch({ sub, endsAt }: OwedRevocation): Promise<void> {
    if (sub === undefined) return
    await consents.watch(personSubject(sub), endsAt).catch((error: unknown) => {
      events.note('a login from now on will end with a revocation that is owed', error)
    })
  }

  return async function attempt(owed, isKept) {
    try {
      await askApple(client, owed)
    } catch (cause) {
      const error = failureOf(cause)
      const willRetry = isKept && !isFinal(error) && (await postpone(owed))
      if (isKept && !willRetry) await forgetOwed(parts, owed)
      events.emit('revocation_failed', { sub: owed.sub, organizationId: owed.organizationId, error, willRetry })
      return false
    }
    if (isKept) await forgetOwed(parts, owed)
    await done(owed)
    return true
  }
}

/** Takes one out of the store; where that fails it is sent again, which does no harm. */
export async function forgetOwed(
  { records, events }: Pick<RevocationsParts, 'records' | 'events'>,
  { id }: OwedRevocation,
): Promise<void> {
  await records.forget(id).catch((error: unknown) => {
    events.note('a revocation that is done could not be forgotten', error)
  })
}
