import type { DeviceSignIn, DeviceSignInOptions } from '../native/sign-in-on-device.js'
import type { Notification } from '../notifications/notification.js'
import { fullName } from '../person.js'
import type { SimulatorState } from '../simulator-state.js'
import type { SimulatorWindow } from './simulator-window.js'

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

/** Puts a notification to an app into the window, each attempt by itself. */
export function recordNotification(
  { log, logins, redaction }: SimulatorWindow,
  { notification, jwt, attempt, status, durationMs, at }: NotificationAttempt,
): void {
  const { client, person, type } = notification
  const url = client.notificationUrl.split('?', 1)[0] ?? ''
  log.add({
    kind: 'notification',
    login: logins.ofOwner(client.clientId, person.id) ?? logins.none,
    at,
    line: redaction.words(`POST ${url}`),
    variant: redaction.words(type),
    status,
    durationMs,
    asked: [
      redaction.field('about', `${type}: ${fullName(person)}`),
      redaction.field('attempt', String(attempt)),
      redaction.field('payload', jwt),
    ],
    answered: [],
    ...(status !== 200 && { reason: 'The app did not answer 200, so Apple sends it again later.' }),
  })
}

/** Puts a sign-in on a device into the window, and answers it. */
export function recordDeviceSignIn(
  { window: { log, logins, redaction }, directory, config }: SimulatorState,
  { clientId, personId, nonce, scope = 'name email' }: DeviceSignInOptions,
  signIn: DeviceSignIn,
): DeviceSignIn {
  const person = directory.person(personId)
  const who = person === undefined ? undefined : fullName(person)
  const login = logins.begin({ service: 'sign-in-with-apple', clientId, who })
  logins.remember(signIn.authorizationCode, login)
  logins.own(clientId, personId, login)
  const asked = { client_id: clientId, scope, ...(nonce !== undefined && { nonce }) }
  const { identityToken, authorizationCode, user } = signIn
  const answered = { code: authorizationCode, id_token: identityToken, ...(user !== undefined && { user }) }
  const shown = (fields: object) => Object.entries(fields).map(([name, value]) => redaction.field(name, value))
  log.add({
    kind: 'device',
    login,
    at: config.now(),
    line: 'ASAuthorizationAppleIDRequest',
    asked: shown(asked),
    answered: shown(answered),
  })
  return signIn
}
