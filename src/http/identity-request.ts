import type { AppleClaims } from '../apple/identity.js'
import type { TokenResponse } from '../apple/token-response.js'
import { AppleAuthError, AppleCallbackError, AppleIdentityError, AppleIdTokenError } from '../errors.js'
import type { AppleOrganization } from '../roster/organization.js'
import type { PendingLogin } from '../session/login-entries.js'
import type { AuthorizationResponse } from './authorization-response.js'
import type { Instance } from './instance.js'

/** What Apple says of who has just agreed. */
export interface Identity {
  /** Undefined for a native app that sent no code. */
  readonly tokens: TokenResponse | undefined
  /** Of the id_token that says who it is. */
  readonly claims: AppleClaims | undefined
  /** The id_token itself. */
  readonly idToken: string | undefined
  readonly organization: AppleOrganization | undefined
}

/**
 * Exchanges the code, verifies the id_token and, for Data Sharing, reads the organization.
 *
 * @throws AppleCallbackError without a code, or when the response names another issuer (RFC 9207)
 * @throws AppleTokenError, AppleUnavailableError, AppleIdTokenError
 * @throws AppleIdentityError when nothing identifies the login, or two things contradict each other
 */
export async function requestIdentity(
  instance: Instance,
  pending: PendingLogin,
  { code, iss }: AuthorizationResponse,
): Promise<Identity> {
  const { config } = instance
  if (code === undefined || code === '') throw new AppleCallbackError('The callback has neither a code nor an error.')
  if (iss !== undefined && !config.issuers.includes(iss)) {
    throw new AppleCallbackError(
      `The callback names another issuer (iss) than issuer, ${config.envPrefix}ISSUER, allows.`,
    )
  }
  const tokens = await instance.client.exchangeCode(code, pending.codeVerifier)
  if (tokens.idToken === undefined && config.rules.needsIdToken) {
    throw new AppleIdTokenError('Apple sent no id_token, and without one nobody is signed in.')
  }
  const claims =
    tokens.idToken === undefined
      ? undefined
      : await instance.verifyIdToken(tokens.idToken, { nonce: pending.nonce, accessToken: tokens.accessToken })
  const organization = config.rules.hasRoster ? await readOrganization(instance, tokens, claims) : undefined
  if (claims?.org_id !== undefined && organization !== undefined && claims.org_id !== organization.id) {
    throw new AppleIdentityError('The id_token and the Roster API name different organizations.', {
      details: { claimed: claims.org_id, read: organization.id },
    })
  }
  return { tokens, claims, idToken: tokens.idToken, organization }
}

/** The school; undefined where the Roster API does not answer and the id_token says who it is anyhow. */
async function readOrganization(
  instance: Instance,
  tokens: TokenResponse,
  claims: AppleClaims | undefined,
): Promise<AppleOrganization | undefined> {
  try {
    const token = (): Promise<string> => Promise.resolve(tokens.accessToken)
    // A person waits for this page: whatever may pass is read later.
    return await instance.roster({ current: token, renewed: token }, { triesAgain: false }).organization()
  } catch (error) {
    if (claims !== undefined) {
      instance.events.note('the school could not be read, the login stands', error)
      return undefined
    }
    throw new AppleIdentityError(
      'Apple sent no id_token and the Roster API did not say which organization this is, so nothing identifies the login.',
      { cause: error, details: { reason: error instanceof AppleAuthError ? error.code : 'unknown' } },
    )
  }
}
