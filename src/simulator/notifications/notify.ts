import type { RegisteredClient } from '../client-registry.js'
import type { Grant } from '../grant-book.js'
import type { SimulatorState } from '../simulator-state.js'
import { createNotificationClaims } from './notification-claims.js'
import { isAccountDeletion, type Notification } from './notification.js'
import type { NotifyOptions } from './notify-options.js'
import type { SimulatorNotification } from './outbox.js'
import { planNotification } from './plan-notification.js'

/**
 * Lets something happen and tells one app about it; resolves when the app answered 200 or the attempts are used up.
 * @throws TypeError for options that make no sense
 * @throws Error before `listen()` when there is no baseUrl, and after `close()`
 */
export async function notify(state: SimulatorState, options: NotifyOptions): Promise<SimulatorNotification> {
  return letHappen(state, planNotification(state, options))
}

/**
 * Lets something happen and gives what Apple would post to one app, signed.
 * @throws TypeError for options that make no sense
 * @throws Error before `listen()` when there is no baseUrl
 */
export async function signNotification(
  state: SimulatorState,
  options: NotifyOptions & { readonly clientId: string },
): Promise<string> {
  const notification = planNotification(state, options, isAnyApp)
  const claims = createNotificationClaims(state, notification)
  endWhatItEnds(state, notification)
  return state.keys.sign(claims)
}

/** Ends the consents that an event ends, then tells the app. */
export async function letHappen(state: SimulatorState, notification: Notification): Promise<SimulatorNotification> {
  // Written first: where it cannot be, nothing ends.
  const claims = createNotificationClaims(state, notification)
  state.outbox.requireOpen()
  endWhatItEnds(state, notification)
  return state.outbox.send(notification, claims)
}

// What it needs is only known, not an endpoint of its own.
function isAnyApp(_client: RegisteredClient): _client is RegisteredClient {
  return true
}

function endWhatItEnds(state: SimulatorState, notification: Notification<RegisteredClient>): void {
  if (notification.type === 'consent-revoked' || isAccountDeletion(notification.type)) {
    state.grants.revoke((grant) => isEndedBy(notification, grant))
    state.save()
  }
}

// A consent that was given after the event is another one, which an event sent late says nothing about.
function isEndedBy(notification: Notification<RegisteredClient>, grant: Grant): boolean {
  const { type, client, person, organizationId, eventAt } = notification
  // Only consents of Data Sharing have a school.
  const isOwner =
    organizationId === undefined
      ? grant.organizationId === undefined && grant.person?.id === person.id
      : grant.organizationId === organizationId
  const isOfApp = grant.consentGroup === client.consentGroup
  return isOwner && (isOfApp || isAccountDeletion(type)) && grant.openedAt <= eventAt
}
