import { randomBytes } from 'node:crypto'
import { chooseIfGiven } from '../choose.js'
import type { RegisteredClient } from '../client-registry.js'
import { requireKnownNames } from '../known-names.js'
import type { SimulatorState } from '../simulator-state.js'
import { eventForms, timeUnits } from './notification-knobs.js'
import { findTarget } from './notification-target.js'
import { emailTypes, isNotified, type Notification } from './notification.js'
import { notifyOptionNames, type NotifyOptions } from './notify-options.js'

/** Plans for an app that has an endpoint for it. @throws TypeError for what is unknown, missing or does not fit */
export function planNotification(state: SimulatorState, options: NotifyOptions): Notification
/**
 * Checks what `notify` was given and finds the app, the person, the school and the consent that are meant.
 * @throws TypeError for what is unknown, missing or does not fit
 */
export function planNotification<Client extends RegisteredClient>(
  state: SimulatorState,
  options: NotifyOptions,
  isTold: (client: RegisteredClient) => client is Client,
): Notification<Client>
export function planNotification(
  state: SimulatorState,
  options: NotifyOptions,
  isTold: (client: RegisteredClient) => client is RegisteredClient = isNotified,
): Notification<RegisteredClient> {
  requireKnownNames('notify', options, Object.keys(notifyOptionNames))
  const { type, events, eventTime, exp, eventAt = state.config.now(), jti = createJti() } = options
  requireText('type', type)
  requireText('jti', jti)
  if (!Number.isFinite(eventAt)) throw new TypeError('notify: eventAt must be a number of milliseconds since 1970.')
  if (exp !== undefined && exp !== 'sent' && exp !== 'omitted' && !Number.isFinite(exp)) {
    throw new TypeError('notify: exp must be sent, omitted, or a number of seconds since 1970.')
  }
  const target = findTarget(state, options, isTold)
  if (emailTypes.includes(type) && target.grant?.hideEmail !== true && target.person.email === undefined) {
    throw new TypeError(`notify: this person has no e-mail address, so there is no ${type}.`)
  }
  return {
    ...target,
    type: type === 'account-deleted' ? state.config.accountDeletionType : type,
    eventAt,
    jti,
    shape: {
      events: chooseIfGiven('events', events, eventForms),
      eventTime: chooseIfGiven('eventTime', eventTime, timeUnits),
      exp,
    },
  }
}

/** Draws an id of the length seen at Apple: 22 base64url characters. */
export function createJti(): string {
  return randomBytes(16).toString('base64url')
}

function requireText(name: string, value: string): void {
  if (typeof value !== 'string' || value === '' || value.length > 255) {
    throw new TypeError(`notify: ${name} must be a text of 1 to 255 characters.`)
  }
}
