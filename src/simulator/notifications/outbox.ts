import { setMaxListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { SimulatorConfig } from '../simulator-options.js'
import type { SigningKeys } from '../signing-keys.js'
import type { Notification } from './notification.js'
import { createPlaces } from './places.js'
import { postNotification } from './post-notification.js'

/** One notification and what became of it. It never holds the JWT. */
export interface SimulatorNotification {
  /** The `jti`. */
  readonly id: string
  /** As on the wire. */
  readonly type: string
  readonly clientId: string
  readonly personId: string
  /** Data Sharing only. */
  readonly organizationId?: string
  /** How often it was sent so far. */
  readonly attempts: number
  /** Of the last answer; 0 for none. */
  readonly status: number
  /** When it was first sent, in milliseconds on the simulator's clock. */
  readonly at: number
}

/** A notification in the outbox. */
export type Delivery = { -readonly [Name in keyof SimulatorNotification]: SimulatorNotification[Name] } & {
  /** False once the app answered 200, or the last attempt failed. */
  isUnderWay: boolean
}

/** One attempt to tell an app something, and what the app answered. */
export interface NotificationAttempt {
  readonly notification: Notification
  /** Of the signed token, which is not kept. */
  readonly jwt: string
  readonly attempt: number
  /** 0 for none. */
  readonly status: number
  readonly durationMs: number
  /** Milliseconds on the simulator's clock. */
  readonly at: number
}

/** Sends notifications and remembers the latest. */
export interface Outbox {
  /**
   * Sends until the app answers 200 or the attempts are used up, then resolves; `close()` ends it sooner.
   * @throws Error after `close()`
   */
  readonly send: (
    notification: Notification,
    claims: Readonly<Record<string, unknown>>,
  ) => Promise<SimulatorNotification>
  /** @throws Error after `close()` */
  readonly requireOpen: () => void
  /** The latest 1000, oldest first. */
  readonly list: () => readonly Readonly<Delivery>[]
  /** Resolves when nothing is under way. */
  readonly settled: () => Promise<void>
  /** Gives up whatever is under way, and refuses more. */
  readonly close: () => Promise<void>
  /** Lets it send again after `close()`. */
  readonly open: () => void
}

const limit = 1000
const sentAtOnce = 20

/** Starts without any notification, open; `onAttempt` hears of each answer, and of each that did not come. */
export function createOutbox(
  keys: SigningKeys,
  { now, notificationRetryWaitsMs }: SimulatorConfig,
  onAttempt: (attempt: NotificationAttempt) => void,
): Outbox {
  const deliveries: Delivery[] = []
  const underWay = new Set<Promise<void>>()
  // A school full of people may leave at once.
  const inPlace = createPlaces(sentAtOnce)
  let closing = createClosing()

  function requireOpen(): void {
    if (closing.signal.aborted) throw new Error('The Apple simulator is closed, so it sends no notification.')
  }

  async function deliver(
    delivery: Delivery,
    notification: Notification,
    claims: object,
    signal: AbortSignal,
  ): Promise<void> {
    const jwt = await inPlace(() => keys.sign({ ...claims }))
    for (const waitMs of [0, ...notificationRetryWaitsMs]) {
      if (waitMs > 0) await pause(waitMs, undefined, { ref: false, signal })
      await inPlace(async () => {
        signal.throwIfAborted()
        const attempt = ++delivery.attempts
        const startedAt = performance.now()
        const status = await postNotification(notification.client.notificationUrl, jwt, signal)
        delivery.status = status
        onAttempt({ notification, jwt, attempt, status, durationMs: performance.now() - startedAt, at: now() })
      })
      if (delivery.status === 200) return
    }
  }

  return {
    async send(notification, claims) {
      requireOpen()
      const delivery = createDelivery(notification, now())
      deliveries.push(delivery)
      if (deliveries.length > limit) deliveries.shift()
      const { signal } = closing
      const delivered = deliver(delivery, notification, claims, signal)
        .catch((error: unknown) => {
          // Whoever waits for it when the simulator is closed is told how far it came.
          if (!signal.aborted) throw error
        })
        .finally(() => {
          delivery.isUnderWay = false
          underWay.delete(delivered)
        })
      underWay.add(delivered)
      await delivered
      return withoutProgress(delivery)
    },
    requireOpen,
    list: () => [...deliveries],
    async settled() {
      await Promise.allSettled(underWay)
    },
    async close() {
      closing.abort()
      await Promise.allSettled(underWay)
    },
    open() {
      if (closing.signal.aborted) closing = createClosing()
    },
  }
}

function createClosing(): AbortController {
  const closing = new AbortController()
  // Everything that waits listens to it: to Node 20 more than ten look like a leak.
  setMaxListeners(0, closing.signal)
  return closing
}

/** What the outside sees of a delivery, as it stands now. */
export function withoutProgress({ isUnderWay: _, ...delivery }: Readonly<Delivery>): SimulatorNotification {
  return Object.freeze(delivery)
}

function createDelivery({ jti, type, client, person, organizationId }: Notification, at: number): Delivery {
  return {
    id: jti,
    type,
    clientId: client.clientId,
    personId: person.id,
    ...(organizationId !== undefined && { organizationId }),
    attempts: 0,
    status: 0,
    at,
    isUnderWay: true,
  }
}
