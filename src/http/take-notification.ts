import { setTimeout as delay } from 'node:timers/promises'
import { type AppleNotification, isKnown, type SignedNotification } from '../apple/notification.js'
import type { AppleAuthConfig } from '../config/config.js'
import type { Connections } from '../connections/connections.js'
import { AppleNotificationError } from '../errors.js'
import type { Events } from '../events.js'
import type { OncePerKey } from '../once-per-key.js'
import type { Leases } from '../session/leases.js'
import type { PersonGrants } from '../session/person-grants.js'
import type { RevocationMarks } from '../session/revocation-marks.js'
import { notificationKey, type SeenNotifications } from '../session/seen-notifications.js'
import { organizationSubject, personSubject } from '../session/subject.js'

/**
 * Does what a notification says: once on all nodes together, and again from the beginning where something failed.
 *
 * @throws AppleNotificationError when `onNotification` threw (500), or another node has not finished with it (503)
 * @throws AppleStoreError
 */
export type TakeNotification = (notification: SignedNotification) => Promise<void>

/** What taking a notification needs. */
export interface TakeNotificationParts {
  readonly config: AppleAuthConfig
  readonly seen: SeenNotifications
  readonly leases: Leases
  readonly marks: RevocationMarks
  readonly connections: Connections | undefined
  readonly personGrants: PersonGrants | undefined
  readonly events: Events
  /** One at a time per notification in this process. */
  readonly underWay: OncePerKey<void>
}

/** How long `onNotification` may work, in milliseconds. */
const appMs = 2 * 60 * 1000
/** How long other nodes leave a notification alone, in milliseconds: as long, and what the store takes. */
const leaseMs = appMs + 30 * 1000
/** How long to wait for another node that is at the same notification, and how often to look; in milliseconds. */
const otherMs = 5000
const lookMs = 200

/** Makes the one function that takes an instance's notifications. */
export function createTakeNotification(parts: TakeNotificationParts): TakeNotification {
  const { config, seen, leases, events, underWay } = parts

  async function takeAlone({ id, events: told }: SignedNotification): Promise<void> {
    if (await seen.has(id)) return
    for (const event of told) if (isKnown(event)) await callApp(config, event)
    for (const event of told) await apply(parts, event)
    await seen.add(id)
    for (const event of told) events.emit('notification', event)
  }

  async function take(notification: SignedNotification): Promise<void> {
    const giveUpAt = performance.now() + otherMs
    while (performance.now() < giveUpAt) {
      const lease = await leases.take(notificationKey(config.clientId, notification.id), leaseMs)
      if (lease !== undefined) {
        await takeAlone(notification).finally(() => lease.release().catch(noteLease))
        return
      }
      if (await seen.has(notification.id)) return
      await delay(lookMs)
    }
    throw new AppleNotificationError('Another node has begun with this notification and not finished yet.', {
      status: 503,
    })
  }

  function noteLease(error: unknown): void {
    events.note('the lease of a notification could not be given back', error)
  }

  return async function takeNotification(notification) {
    if (await seen.has(notification.id)) return
    await underWay.run(notification.id, () => take(notification))
  }
}

async function callApp({ onNotification }: AppleAuthConfig, event: AppleNotification): Promise<void> {
  const tooLate = new AbortController()
  try {
    await Promise.race([onNotification?.(event), rejectLate(tooLate.signal)])
  } catch (cause) {
    throw new AppleNotificationError('onNotification threw; its error is the cause. Apple will send it again.', {
      status: 500,
      cause,
    })
  } finally {
    tooLate.abort()
  }
}

/** Rejects when `onNotification` has had its time, so that one that never ends does not keep the same event out for ever. */
async function rejectLate(signal: AbortSignal): Promise<never> {
  await delay(appMs, undefined, { signal, ref: false })
  throw new Error(`onNotification did not end within ${String(appMs)} ms`)
}

/** Ends logins that began before the event, and forgets a school whose organization has taken its consent back. */
async function apply(
  { config, marks, connections, personGrants }: TakeNotificationParts,
  { type, sub, organizationId, eventTime }: AppleNotification<string>,
): Promise<void> {
  if (type !== 'consent-revoked' && type !== 'account-deleted') return
  const until = endOf(eventTime.getTime())
  if (sub !== undefined) {
    await marks.mark(personSubject(sub), until)
    await personGrants?.forget(sub, until)
  }
  if (organizationId === undefined || !config.rules.hasRoster) return
  await marks.mark(organizationSubject(organizationId), until)
  await connections?.forgetRevoked(organizationId, until)
}

/** A time in whole seconds means all of that second. */
function endOf(milliseconds: number): number {
  return milliseconds % 1000 === 0 ? milliseconds + 999 : milliseconds
}
