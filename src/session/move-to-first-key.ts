import type { Events } from '../events.js'
import type { Store } from './store.js'

/**
 * Puts what the first key has sealed in the place of what another key had, unless there is something newer by now. Never
 * rejects: what could not be moved is still there.
 */
export type MoveToFirstKey = (key: string, from: string, to: string, ttlMilliseconds?: number) => Promise<void>

/** Makes the mover for a store. */
export function createMoveToFirstKey(store: Store, events: Events): MoveToFirstKey {
  return async function moveToFirstKey(key, from, to, ttlMilliseconds) {
    try {
      if ((await store.get(key)) === from) await store.set(key, to, ttlMilliseconds)
    } catch (error) {
      events.note('a record could not be moved to the first key', error)
    }
  }
}
