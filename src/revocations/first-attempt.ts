import type { OwedRevocation } from '../session/owed-revocations.js'
import { askApple } from './ask-apple.js'
import { failureOf, isFinal, nextAttemptAt } from './failed-attempt.js'
import type { Outbox } from './outbox.js'
import type { RevocationsParts } from './revocations.js'

/** Apple took the tokens back; not yet, and is asked again until it does; or neither, and that is all. */
export type RevocationOutcome = 'revoked' | 'pending' | 'failed'

/** Asks Apple while the person waits. `isKept`: it is in the store, so it can be tried again. */
export type FirstAttempt = (owed: OwedRevocation, isKept: boolean) => Promise<RevocationOutcome>

/** Makes the first attempt, which hands what may help later over to the outbox; `done` follows when Apple said yes. */
export function createFirstAttempt(
  parts: RevocationsParts,
  outbox: Outbox,
  done: (owed: OwedRevocation) => Promise<void>,
): FirstAttempt {
  const { records, client, events } = parts

  async function postpone(owed: OwedRevocation): Promise<boolean> {
    const next = { ...owed, attempts: 1, dueAt: nextAttemptAt(1) }
    if (next.dueAt >= owed.endsAt) return false
    await records.keep(next).catch((error: unknown) => {
      events.note('a revocation is tried again a little later: the record from before still stands', error)
    })
    outbox.add(next)
    return true
  }

  return async function attempt(owed, isKept) {
    try {
      await askApple(client, owed)
    } catch (cause) {
      const error = failureOf(cause)
      const willRetry = isKept && !isFinal(error) && (await postpone(owed))
      if (!willRetry) await forgetOwed(parts, owed, isKept)
      events.emit('revocation_failed', { sub: owed.sub, organizationId: owed.organizationId, error, willRetry })
      return willRetry ? 'pending' : 'failed'
    }
    await done(owed)
    await forgetOwed(parts, owed, isKept)
    return 'revoked'
  }
}

/**
 * Takes one out of the store; where that fails it is sent again, which does no harm. One whose writing failed may have
 * arrived all the same: it is taken out too, and nobody waits for that.
 */
export async function forgetOwed(
  { records, events }: Pick<RevocationsParts, 'records' | 'events'>,
  { id }: OwedRevocation,
  isKept: boolean,
): Promise<void> {
  const forgetting = records.forget(id).catch((error: unknown) => {
    events.note('a revocation that is done could not be forgotten', error)
  })
  if (isKept) await forgetting
}
