import type { DeviceSignIn, DeviceSignInOptions } from '../native/sign-in-on-device.js'
import { fullName } from '../person.js'
import type { SimulatorState } from '../simulator-state.js'

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
