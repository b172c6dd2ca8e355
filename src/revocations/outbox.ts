import { AppleStoreError } from '../errors.js'
import type { Events } from '../events.js'
import type { OwedRevocations } from '../session/owed-revocations.js'
import type { SendOwed } from './send-owed.js'

/** Sends what is owed to Apple when it is due: what this process owes, and what others have left behind. */
export interface Outbox {
  /** Looks for what others have left behind, soon and then again and again. */
  start(): void
  /** Takes one that is in the store, to be sent when it is due (milliseconds since 1970). */
  add(owed: { readonly id: string; readonly dueAt: number }): void
  /** Looks and sends no more; what is under way ends by itself. */
  stop(): void
}

/** How soon after the start others' are looked for, in milliseconds; up to twice as long, so that nodes do not meet. */
const firstSweepMs = 1000
/** How often they are looked for after that, in milliseconds; up to a tenth longer. */
const sweepMs = 5 * 60 * 1000
/** The same after the store has failed, in milliseconds. */
const storeFailedMs = 30 * 1000
/** So many are sent at a time. */
const width = 8

/** Makes the outbox. Its timers keep no process alive. */
export function createOutbox(records: OwedRevocations, sendOwed: SendOwed, events: Events): Outbox {
  /** Each with the time when it is due, in milliseconds since 1970. */
  const waiting = new Map<string, number>()
  let sendTimer: NodeJS.Timeout | undefined
  let sweepTimer: NodeJS.Timeout | undefined
  let isSending = false
  let isStopped = false

  function wake(): void {
    clearTimeout(sendTimer)
    if (isSending || isStopped || waiting.size === 0) return
    let earliest = Infinity
    for (const dueAt of waiting.values()) earliest = Math.min(earliest, dueAt)
    // Longer waits end early and begin again, so that a clock that was set is noticed.
    sendTimer = setTimeout(() => void sendDue(), Math.min(Math.max(earliest - Date.now(), 0), sweepMs)).unref()
  }

  async function sendDue(): Promise<void> {
    isSending = true
    const due = [...waiting].filter(([, dueAt]) => dueAt <= Date.now()).map(([id]) => id)
    const worker = async (): Promise<void> => {
      for (let id = due.shift(); id !== undefined && !isStopped; id = due.shift()) {
        const dueAt = await sendOwed(id).catch((error: unknown) => {
          events.note('a revocation that is owed could not be looked up', error)
          return Date.now() + storeFailedMs
        })
        if (dueAt === undefined) waiting.delete(id)
        else waiting.set(id, dueAt)
      }
    }
    await Promise.all(Array.from({ length: width }, worker))
    isSending = false
    wake()
  }

  async function sweep(): Promise<void> {
    let next = sweepMs * (1 + Math.random() / 10)
    try {
      for await (const { id, dueAt } of records.list()) if (!waiting.has(id)) waiting.set(id, dueAt)
    } catch (error) {
      // One that cannot list will not learn it.
      if (error instanceof AppleStoreError && error.status === 500) next = Infinity
      else next = storeFailedMs
      events.note('the store could not be searched for revocations that are owed', error)
    }
    wake()
    sweepAfter(next)
  }

  function sweepAfter(milliseconds: number): void {
    if (!isStopped && milliseconds < Infinity) sweepTimer = setTimeout(() => void sweep(), milliseconds).unref()
  }

  return {
    start() {
      sweepAfter(firstSweepMs * (1 + Math.random()))
    },

    add({ id, dueAt }) {
      waiting.set(id, dueAt)
      wake()
    },

    stop() {
      isStopped = true
      clearTimeout(sendTimer)
      clearTimeout(sweepTimer)
    },
  }
}
