import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Store } from './store.js'

/** Lets one node at a time do a piece of work, over a store that knows no more than get, set and delete. */
export interface Leases {
  /**
   * Takes the lease of that name for so many milliseconds; undefined while somebody else has it, or may have it.
   *
   * @throws AppleStoreError
   */
  take(name: string, milliseconds: number): Promise<Lease | undefined>
}

/** The right to do a piece of work alone. */
export interface Lease {
  /** Gives it back; what it rejects with does no harm, the lease then ends by itself. */
  release(): Promise<void>
}

/** How long after its write a node looks whose write was the last, in milliseconds; many times a store's round trip. */
const settleMs = 250
/**
 * Fischer's mutual exclusion: look whether it is free, write one's own mark, wait, look whether it is still there.
 *
 * Whoever found it free before our write was there has written within `settleMs` too, or gives up by its own clock, so
 * that after the wait the last writer is the only one who finds its mark. A store in this process's memory
 * (`isShared` false) has nobody else, and nobody waits.
 */
export function createLeases(store: Store, isShared: boolean): Leases {
  return {
    async take(name, milliseconds) {
      const key = `lease:${name}`
      const mark = randomBytes(16).toString('base64url')
      const startedAt = performance.now()
      if ((await store.get(key)) !== undefined) return undefined
      await store.set(key, mark, milliseconds)
      // Too late to be sure that nobody has looked and found nobody's mark. Ours stays where it is: it may have replaced
      // that of somebody who is at work now, and keeps others out in its place.
      if (isShared && performance.now() - startedAt > settleMs) return undefined
      if (isShared) await delay(settleMs)
      if ((await store.get(key)) !== mark) return undefined
      return {
        async release() {
          if ((await store.get(key)) === mark) await store.delete(key)
        },
      }
    },
  }
}
