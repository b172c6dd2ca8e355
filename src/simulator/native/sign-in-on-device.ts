// https://developer.apple.com/documentation/authenticationservices/asauthorizationappleidcredential
import { unsignedUser, type UnsignedUser } from '../authorization-response.js'
import type { RegisteredClient } from '../client-registry.js'
import { isManaged } from '../directory.js'
import { createIdToken } from '../id-token.js'
import { requireKnownNames } from '../known-names.js'
import type { SimulatorPerson } from '../person.js'
import { testOrganization } from '../seed.js'
import { services } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'
import type { Authorization } from '../token-book.js'

/** A person signs in to an app on their own device, without a browser. */
export interface DeviceSignInOptions {
  /** The app's bundle id, as registered: a client of Sign in with Apple. */
  readonly clientId: string
  readonly personId: string
  /** Copied into the token as it is. An app sends the SHA-256 of its raw nonce, in hex. Default: none. */
  readonly nonce?: string
  /** Separated by spaces. Default: `name email`. */
  readonly scope?: string
  /** Private accounts only; counts the first time, as at Apple. Default: false. */
  readonly hideEmail?: boolean
}

/** What the device hands to the app. */
export interface DeviceSignIn {
  /** A JWT whose `aud` is the bundle id. */
  readonly identityToken: string
  /** Good for five minutes, once, under the bundle id and without a redirect_uri. */
  readonly authorizationCode: string
  /** Only at the first consent, and signed by nobody. */
  readonly user?: UnsignedUser
}

const service = 'sign-in-with-apple'
/** Apple's word for "likely real". */
const likelyReal = 2

// A Record, so that the compiler asks for a new option here too.
const optionNames: Record<keyof DeviceSignInOptions, true> = {
  clientId: true,
  personId: true,
  nonce: true,
  scope: true,
  hideEmail: true,
}

/**
 * Records the consent and makes what a device hands to its app.
 * @throws TypeError for what is unknown or does not fit
 */
export async function signInOnDevice(state: SimulatorState, options: DeviceSignInOptions): Promise<DeviceSignIn> {
  requireKnownNames('signInOnDevice', options, Object.keys(optionNames))
  const { nonce, hideEmail = false } = options
  const client = findClient(state, options)
  const person = findPerson(state, options)
  const scopes = parseScope(client, options)
  const { grant, isFirst } = state.grants.open({ service, client, person })
  if (scopes.includes('email')) grant.hideEmail ??= hideEmail && !isManaged(person)
  const authTime = Math.floor(state.config.now() / 1000)
  const authorization: Authorization = { grant, clientId: client.clientId, scopes, person, authTime }
  const code = state.tokens.issueCode(authorization, { redirectUri: undefined, nonce, codeChallenge: undefined })
  const details = { nonce, code, ...(isFirst && { realUserStatus: likelyReal }) }
  const identityToken = await createIdToken(state, client, authorization, details)
  const user = isFirst ? unsignedUser(scopes, person, grant) : undefined
  state.save()
  return { identityToken, authorizationCode: code, ...(user !== undefined && { user }) }
}

function findClient({ clients }: SimulatorState, { clientId }: DeviceSignInOptions): RegisteredClient {
  const client = clients.find(clientId)
  if (client === undefined) {
    throw refusal(`the client ${clientId} is not registered: give createClient it in bundleIds, or registerClient`)
  }
  if (client.services.includes(service)) return client
  throw refusal(`${clientId} is not configured for ${services[service].title}`)
}

function findPerson({ directory }: SimulatorState, { personId }: DeviceSignInOptions): SimulatorPerson {
  const person = directory.person(personId)
  if (person === undefined) throw refusal(`there is no person with the id ${personId}`)
  // The records of the test organization are data, not accounts.
  if (person.organizationId !== testOrganization.id) return person
  throw refusal(`${personId} is a record of the test organization, not an account`)
}

function parseScope({ clientId, scopes }: RegisteredClient, { scope = 'name email' }: DeviceSignInOptions) {
  const asked = [...new Set(scope.split(' ').filter((name) => name !== ''))]
  const allowed = services[service].scopes.filter((name) => scopes.includes(name))
  const unknown = asked.find((name) => !allowed.includes(name))
  if (unknown === undefined) return asked
  throw refusal(`${clientId} may not ask for the scope ${unknown}, only for ${allowed.join(', ')}`)
}

function refusal(why: string): TypeError {
  return new TypeError(`signInOnDevice: ${why}.`)
}
