import type { AppleAuthConfig } from '../../config/config.js'
import { shown, shownUrl } from '../shown.js'
import { keyIdOfFile } from './key-check.js'
import type { Patient } from './patient.js'

/** What Apple calls the capability that a key needs. */
export function capability({ service }: Pick<AppleAuthConfig, 'service'>): string {
  return service === 'sign-in-with-apple' ? 'Sign in with Apple' : 'Account & Organizational Data Sharing'
}

/**
 * What `invalid_client` may come from, likeliest first, each with what to do; Apple itself never says. A client id that
 * Apple's sign-in page knows is the last thing to doubt.
 */
export function invalidClientCauses(patient: Patient, config: AppleAuthConfig, isClientKnown: boolean): string[] {
  const { credentials } = config
  const client = clientCauses(patient, config)
  return [
    ...simulatorCause(patient, config),
    ...(isClientKnown ? [] : client),
    ...(credentials.kind === 'key' ? keyCauses(patient, config, credentials) : readyMadeCauses(patient, config)),
    'Something is new or was changed at Apple: wait some minutes (at worst a day or two) and run this again.',
    'The credentials are those of the API that Apple School Manager offers to an organization (client ids that begin with ' +
      'SCHOOLAPI. or BUSINESSAPI.): that is another product with other keys.',
    ...(isClientKnown ? client : []),
  ]
}

/** The simulator makes new keys whenever it starts. */
function simulatorCause({ variable }: Patient, { baseUrl }: AppleAuthConfig): string[] {
  if (!baseUrl.startsWith('http:')) return []
  return [
    `The simulator at ${baseUrl} was started again: it makes a new key each time, so copy the variables that it printed ` +
      `last, ${variable('privateKey')} above all.`,
  ]
}

function clientCauses({ variable }: Patient, config: AppleAuthConfig): string[] {
  return [
    `${variable('clientId')}, ${shown(config.clientId)}, is not the identifier of this website: compare it, letter for letter, ` +
      'with the Services ID at Apple (Certificates, Identifiers & Profiles > Identifiers); the bundle id of an app is ' +
      `another one. ${capability(config)} has to be turned on and configured for it.`,
    `${variable('redirectUri')} is not registered, which Apple's documentation files under this error too: compare ` +
      `${shownUrl(config.redirectUri)} with the Return URLs, letter for letter.`,
  ]
}

function keyCauses(
  patient: Patient,
  config: AppleAuthConfig,
  { keyId, teamId }: Extract<AppleAuthConfig['credentials'], { kind: 'key' }>,
): string[] {
  const { variable } = patient
  const fits = keyIdOfFile(patient) === keyId
  const hint = fits ? 'its file is named so, but files get renamed' : 'Apple named its file AuthKey_<key id>.p8'
  const keyIdCause = `${variable('keyId')}, ${keyId}, is not the id of this very key: ${hint}; Keys at Apple lists all ids.`
  const others = [
    `${variable('teamId')}, ${teamId}, is not the team that owns the client id: see Membership details at Apple.`,
    `The key does not have the capability ${capability(config)}, or has it for another primary App ID (another app group): ` +
      'open the key under Keys at Apple.',
    'The key was revoked: if Keys at Apple does not list it any more, make a new one.',
  ]
  return fits ? [...others, keyIdCause] : [keyIdCause, ...others]
}

function readyMadeCauses(patient: Patient, config: AppleAuthConfig): string[] {
  const name = patient.variable('clientSecret')
  return [
    `${name} was signed with another key than its header names, or the key was revoked: make a new secret with the key of that id.`,
    `The team in ${name} (iss) does not own the client id: see Membership details at Apple.`,
    `The key behind ${name} does not have the capability ${capability(config)}, or has it for another primary App ID.`,
  ]
}
