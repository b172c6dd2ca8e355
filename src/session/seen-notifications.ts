import { createHash } from 'node:crypto'
import type { Store } from './store.js'

/** Which of Apple's notifications have been taken, on whatever node. Rejects with AppleStoreError. */
export interface SeenNotifications {
  has(id: string): Promise<boolean>
  add(id: string): Promise<void>
}

/** Longer than a notification's `iat` is taken, the largest clock tolerance on both sides included; in milliseconds. */
const keptMs = 25 * 60 * 60 * 1000

/** Makes the register of notifications for one client id; an id is a notification's `jti`. */
export function createSeenNotifications(store: Store, clientId: string): SeenNotifications {
  return {
    has: async (id) => (await store.get(notificationKey(clientId, id))) !== undefined,
    add: (id) => store.set(notificationKey(clientId, id), 'seen', keptMs),
  }
}

/** The name of one notification in the store: of constant length, whatever its id is. */
export function notificationKey(clientId: string, id: string): string {
  return `notification:${createHash('sha256')
    .update(JSON.stringify([clientId, id]))
    .digest('base64url')}`
}
