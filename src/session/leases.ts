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
const settleMs = 150
/** How long a write lies that nobody has made sure of, in milliseconds: a node may be too slow, or end. */
const claimMs = 2000

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
      const isLate = (after: number): boolean => isShared && performance.now() - startedAt > after
      if ((await store.get(key)) !== undefined) return undefined
      await store.set(key, mark, claimMs)
      // Too late to be sure that nobody has looked and found nobody's mark: it stays a while, so that nobody comes in.
      if (isLate(settleMs)) return undefined
      if (isShared) await delay(settleMs)
      if ((await store.get(key)) !== mark) return undefined
      await store.set(key, mark, milliseconds)
      // By then the claim may have ended, and somebody else come in.
      if (isLate(claimMs)) return undefined
      return {
        async release() {
          if ((await store.get(key)) === mark) await store.delete(key)
        },
      }
    },
  }
}
