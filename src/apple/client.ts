import * as openid from 'openid-client'
import type { AppleAuthConfig } from '../config/config.js'
import { AppleAuthError, AppleTokenError, AppleUnavailableError } from '../errors.js'
import type { BoundedFetch } from './bounded-fetch.js'
import type { ClientSecret } from './client-secret.js'
import { clockDifference, invalidClientChecklist } from './invalid-client.js'
import { malformed, setIdTokenAside, type TokenResponse, toTokenResponse } from './token-response.js'

/**
 * Apple's authorize, token and revoke endpoints; the only file that knows openid-client. Endpoints are put together from
 * `baseUrl`, never discovered: Apple's discovery document has named the wrong host before.
 *
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing/generate-and-validate-tokens
 * @see https://developer.apple.com/documentation/signinwithapplerestapi/revoke-tokens
 */

/** What goes into an authorization request besides the configuration. */
export interface AuthorizationRequest {
  readonly state: string
  readonly nonce: string
  readonly scope: readonly string[]
  /** PKCE, RFC 7636. */
  readonly codeVerifier?: string | undefined
}

/** Apple's endpoints as functions. */
export interface AppleClient {
  authorizationUrl(request: AuthorizationRequest): Promise<string>
  exchangeCode(code: string, codeVerifier?: string): Promise<TokenResponse>
  refresh(refreshToken: string): Promise<TokenResponse>
  revoke(token: string, tokenTypeHint: 'refresh_token' | 'access_token'): Promise<void>
}

/** Wires openid-client for one configuration. */
export function createAppleClient(
  config: AppleAuthConfig,
  clientSecret: ClientSecret,
  boundedFetch: BoundedFetch,
): AppleClient {
  const { baseUrl, rules } = config
  const server = new openid.Configuration(
    {
      issuer: baseUrl,
      authorization_endpoint: `${baseUrl}${rules.paths.authorize}`,
      token_endpoint: `${baseUrl}${rules.paths.token}`,
      revocation_endpoint: `${baseUrl}${rules.paths.revoke}`,
    },
    config.clientId,
    undefined,
    // Adds client_id alone; the secret goes with each request's parameters, because it is made as needed.
    openid.None(),
  )
  server[openid.customFetch] = async (url, { signal: _itsDeadline, ...options }) => {
    // httpTimeoutMs alone says how long a call may take; openid-client would end it after 30 seconds.
    const response = await boundedFetch(url, options as RequestInit)
    if (response.status === 429 || response.status >= 500) throw outOfOrder(url, response.status)
    return url.endsWith(rules.paths.token) && response.status === 200 ? setIdTokenAside(response) : response
  }
  // The configuration lets http pass on loopback alone.
  if (baseUrl.startsWith('http:')) openid.allowInsecureRequests(server)

  async function requestTokens(grantType: string, parameters: Record<string, string>): Promise<TokenResponse> {
    try {
      const secret = { client_secret: await clientSecret.current() }
      return toTokenResponse(await openid.genericGrantRequest(server, grantType, { ...parameters, ...secret }))
    } catch (error) {
      throw translate(error, config, clientSecret, secretsOf(parameters))
    }
  }

  return {
    async authorizationUrl({ state, nonce, scope, codeVerifier }) {
      const url = openid.buildAuthorizationUrl(server, {
        response_type: 'code',
        redirect_uri: config.redirectUri,
        ...(scope.length > 0 || rules.alwaysSendsScope ? { scope: scope.join(' ') } : {}),
        ...(config.responseMode === undefined ? {} : { response_mode: config.responseMode }),
        ...(codeVerifier === undefined
          ? {}
          : {
              code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
              code_challenge_method: 'S256',
            }),
        state,
        nonce,
      })
      // Apple documents %20 between scopes; a plus sign that means itself is %2B by now.
      return url.href.replaceAll('+', '%20')
    },

    exchangeCode: (code, codeVerifier) =>
      requestTokens('authorization_code', {
        code,
        redirect_uri: config.redirectUri,
        ...(codeVerifier === undefined ? {} : { code_verifier: codeVerifier }),
      }),

    refresh: (refreshToken) => requestTokens('refresh_token', { refresh_token: refreshToken }),

    async revoke(token, tokenTypeHint) {
      try {
        const secret = { client_secret: await clientSecret.current() }
        await openid.tokenRevocation(server, token, { token_type_hint: tokenTypeHint, ...secret })
      } catch (error) {
        throw translate(error, config, clientSecret, [token])
      }
    },
  }
}

/** The one place where openid-client's errors become ours; theirs carry whole answers, so none is kept as cause. */
function translate(
  error: unknown,
  config: AppleAuthConfig,
  clientSecret: ClientSecret,
  sent: readonly string[],
): unknown {
  if (error instanceof openid.ResponseBodyError) {
    const appleError = withoutSecrets(error.error, sent)
    const details = {
      appleError,
      appleDescription: withoutSecrets(error.error_description ?? '', sent) || undefined,
      status: error.status,
      clockDifferenceSeconds: clockDifference(error.response),
    }
    if (appleError !== 'invalid_client') {
      return new AppleTokenError(`Apple answered ${appleError}.`, appleError, { details })
    }
    return new AppleTokenError(
      'Apple answered invalid_client: it does not accept our client secret. See details.checklist.',
      appleError,
      { details: { ...details, clientSecret: clientSecret.describe(), checklist: invalidClientChecklist(config) } },
    )
  }
  const own = ownError(error)
  if (own !== undefined) return own
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return malformed('another form than RFC 6749 and RFC 7009 have', reason)
}

/** What openid-client would call an answer in the wrong form. */
function outOfOrder(url: string, status: number): AppleUnavailableError {
  return new AppleUnavailableError(`Apple's ${new URL(url).pathname} answered ${String(status)}; try again later.`, {
    details: { reason: 'status', status },
  })
}

/** What must not be repeated; a redirect URI may, and helps. */
function secretsOf({ redirect_uri: _redirectUri, ...secrets }: Record<string, string>): string[] {
  return Object.values(secrets)
}

/** Apple's words, short, and without what we sent if they should repeat it. */
function withoutSecrets(text: string, sent: readonly string[]): string {
  const secrets = sent.filter((each) => each.length >= 8)
  const clean = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
  return clean.replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '[redacted]').slice(0, 200)
}

/** openid-client wraps what its fetch throws. */
function ownError(error: unknown): AppleAuthError | undefined {
  if (error instanceof AppleAuthError) return error
  return error instanceof Error && error.cause instanceof AppleAuthError ? error.cause : undefined
}
