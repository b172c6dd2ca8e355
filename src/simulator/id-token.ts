// https://developer.apple.com/documentation/signinwithapplejs/authorizationi/id_token
import { createHash } from 'node:crypto'
import { transferClaim } from './app-transfer/transfer-subject.js'
import type { RegisteredClient } from './client-registry.js'
import { isManaged } from './directory.js'
import type { SimulatorPerson } from './person.js'
import type { Grant } from './grant-book.js'
import { relayEmail } from './relay-email.js'
import { services } from './services.js'
import type { SimulatorState } from './simulator-state.js'
import type { Authorization } from './token-book.js'

/** What an id_token may say besides who it is about. */
export interface IdTokenDetails {
  readonly nonce?: string | undefined
  /** Gives `at_hash`. */
  readonly accessToken?: string
  /** Gives `c_hash`. */
  readonly code?: string
  /** Gives `real_user_status`. */
  readonly realUserStatus?: number
}

const lifetimeSeconds = 86400

/** Signs the id_token of an authorization. */
export async function createIdToken(
  state: SimulatorState,
  client: RegisteredClient,
  { grant, person, scopes, authTime }: Authorization,
  { nonce, accessToken, code, realUserStatus }: IdTokenDetails,
): Promise<string> {
  if (person === undefined) throw new TypeError('A team has no id_token.')
  const { config } = state
  const issuedAt = Math.floor(config.now() / 1000)
  return state.keys.sign({
    iss: issuer(state, grant),
    aud: client.clientId,
    exp: issuedAt + lifetimeSeconds,
    iat: issuedAt,
    sub: state.subject(person, client.teamId),
    ...(nonce !== undefined && config.nonce === 'echoed' && { nonce }),
    ...(code !== undefined && { c_hash: leftHalfHash(code) }),
    ...(accessToken !== undefined && { at_hash: leftHalfHash(accessToken) }),
    ...emailClaims(state, grant, person, scopes),
    auth_time: authTime,
    nonce_supported: config.nonceSupported,
    ...(realUserStatus !== undefined && { real_user_status: realUserStatus }),
    ...(isManaged(person) && { org_id: person.organizationId }),
    ...transferClaim(state, client, grant, person),
    ...(grant.service === 'account-data-sharing' && scopes.length > 0 && { scopes: scopes.join(' ') }),
  })
}

function issuer(state: SimulatorState, { service }: Grant): string {
  const isPlain = service === 'sign-in-with-apple' || state.config.accountDataSharingIssuer === 'plain'
  return isPlain ? state.url() : `${state.url()}${services[service].path}`
}

function emailClaims(
  { config }: SimulatorState,
  grant: Grant,
  person: SimulatorPerson,
  scopes: readonly string[],
): Record<string, unknown> {
  if (person.email === undefined || !scopes.includes('email')) return {}
  const flag = (value: boolean) => (config.emailFlags === 'string' ? String(value) : value)
  if (grant.hideEmail === true) {
    const email = relayEmail(grant.consentGroup, person)
    return { email, email_verified: flag(true), is_private_email: flag(true) }
  }
  return { email: person.email, email_verified: flag(person.emailVerified ?? !isManaged(person)) }
}

// OpenID Connect Core 3.1.3.6: the left half of the SHA-256 of the ASCII octets.
function leftHalfHash(value: string): string {
  return createHash('sha256').update(value, 'ascii').digest().subarray(0, 16).toString('base64url')
}
