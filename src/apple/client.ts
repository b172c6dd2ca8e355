import { createHash } from 'node:crypto'
import * as openid from 'openid-client'
import type { AppleAuthConfig } from '../config/config.js'
import { AppleAuthError } from '../errors.js'
import type { BoundedFetch } from './bounded-fetch.js'
import { type ClientSecret, createClientSecret } from './client-secret.js'
import { outOfOrder } from './out-of-order.js'
import { refusal } from './refusal.js'
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

/**
 * Apple's endpoints as functions. Codes and tokens belong to one client id; `issuedTo` names it where it is not the
 * configured one: a native app's bundle id.
 */
export interface AppleClient {
  authorizationUrl(request: AuthorizationRequest): string
  exchangeCode(code: string, codeVerifier?: string): Promise<TokenResponse>
  /** Exchanges a code that a native app got from Apple: mostly without a redirect, and then none is named. */
  exchangeNativeCode(code: string, issuedTo: string, redirectUri?: string): Promise<TokenResponse>
  refresh(refreshToken: string, issuedTo?: string): Promise<TokenResponse>
  revoke(token: string, tokenTypeHint: 'refresh_token' | 'access_token', issuedTo?: string): Promise<void>
  /** The developer team's own access token, for moving people to another team; Sign in with Apple only. */
  teamToken(): Promise<TokenResponse>
}

/** One of our client ids at Apple, with the secret that proves it. */
interface Party {
  readonly server: openid.Configuration
  readonly secret: ClientSecret
}

/** Wires openid-client for one configuration; `clientSecret` is the configured client id's. */
export function createAppleClient(
  config: AppleAuthConfig,
  clientSecret: ClientSecret,
  boundedFetch: BoundedFetch,
): AppleClient {
  const partyOf = createParties(config, clientSecret, boundedFetch)

  async function requestTokens(
    grantType: string,
    parameters: Record<string, string>,
    issuedTo?: string,
  ): Promise<TokenResponse> {
    const { server, secret } = partyOf(issuedTo)
    try {
      const authenticated = { ...parameters, client_secret: await secret.current() }
      return toTokenResponse(await openid.genericGrantRequest(server, grantType, authenticated))
    } catch (error) {
      throw translate(error, config, secret, secretsOf(parameters))
    }
  }

  return {
    authorizationUrl({ state, nonce, scope, codeVerifier }) {
      const parameters = new URLSearchParams({
        response_type: 'code',
        client_id: config.clientId,
        redirect_uri: config.redirectUri,
        ...(scope.length > 0 || config.rules.alwaysSendsScope ? { scope: scope.join(' ') } : {}),
        ...(config.responseMode === undefined ? {} : { response_mode: config.responseMode }),
        ...(codeVerifier === undefined
          ? {}
          : {
              code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
              code_challenge_method: 'S256',
            }),
        state,
        nonce,
      })
      // Apple documents %20 between scopes; a plus sign that means itself is %2B by now.
      return `${config.baseUrl}${config.rules.paths.authorize}?${parameters.toString().replaceAll('+', '%20')}`
    },

    exchangeCode: (code, codeVerifier) =>
      requestTokens('authorization_code', {
        code,
        redirect_uri: config.redirectUri,
        ...(codeVerifier === undefined ? {} : { code_verifier: codeVerifier }),
      }),

    exchangeNativeCode: (code, issuedTo, redirectUri) =>
      requestTokens(
        'authorization_code',
        { code, ...(redirectUri === undefined ? {} : { redirect_uri: redirectUri }) },
        issuedTo,
      ),

    refresh: (refreshToken, issuedTo) => requestTokens('refresh_token', { refresh_token: refreshToken }, issuedTo),

    teamToken: () => requestTokens('client_credentials', { scope: 'user.migration' }),

    async revoke(token, tokenTypeHint, issuedTo) {
      const { server, secret } = partyOf(issuedTo)
      try {
        const authenticated = { token_type_hint: tokenTypeHint, client_secret: await secret.current() }
        await openid.tokenRevocation(server, token, authenticated)
      } catch (error) {
        throw translate(error, config, secret, [token])
      }
    },
  }
}

/** Gives the party of a client id. Default: the configured one. Only those of `audiences` are asked for, so there are few. */
function createParties(
  config: AppleAuthConfig,
  clientSecret: ClientSecret,
  boundedFetch: BoundedFetch,
): (clientId?: string) => Party {
  const own = { server: createServer(config, config.clientId, boundedFetch), secret: clientSecret }
  const parties = new Map<string, Party>([[config.clientId, own]])
  return function partyOf(clientId = config.clientId) {
    const known = parties.get(clientId)
    if (known !== undefined) return known
    const server = createServer(config, clientId, boundedFetch)
    const made = { server, secret: createClientSecret(config, clientId) }
    parties.set(clientId, made)
    return made
  }
}

/** Apple's server as openid-client knows it, for one client id. */
function createServer(
  { baseUrl, rules }: AppleAuthConfig,
  clientId: string,
  boundedFetch: BoundedFetch,
): openid.Configuration {
  const server = new openid.Configuration(
    {
      issuer: baseUrl,
      token_endpoint: `${baseUrl}${rules.paths.token}`,
      revocation_endpoint: `${baseUrl}${rules.paths.revoke}`,
    },
    clientId,
    undefined,
    // Adds client_id alone; the secret goes with each request's parameters, because it is made as needed.
    openid.None(),
  )
  // httpTimeoutMs alone says how long a call may take; openid-client's own signal would end it after 30 seconds.
  server.timeout = 0
  server[openid.customFetch] = async (url, { method, headers, body }) => {
    const request = { method, headers, body: body as URLSearchParams }
    const answer = await boundedFetch.read(url, request)
    const { status } = answer
    // openid-client would call it an answer in the wrong form.
    if (status === 429 || status >= 500) throw outOfOrder(new URL(url).pathname, answer)
    if (status === 200 && url.endsWith(rules.paths.token)) return setIdTokenAside(answer)
    return new Response(answer.body ?? null, answer)
  }
  // The configuration lets http pass on loopback alone.
  if (baseUrl.startsWith('http:')) openid.allowInsecureRequests(server)
  return server
}

/** The one place where openid-client's errors become ours; theirs carry whole answers, so none is kept as cause. */
function translate(
  error: unknown,
  config: AppleAuthConfig,
  clientSecret: ClientSecret,
  sent: readonly string[],
): unknown {
  if (error instanceof openid.ResponseBodyError) return refusal(error, config, clientSecret, sent)
  const own = ownError(error)
  if (own !== undefined) return own
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return malformed('another form than RFC 6749 and RFC 7009 have', reason)
}

/** What must not be repeated; a redirect URI may, and helps. */
function secretsOf({ redirect_uri: _redirectUri, ...secrets }: Record<string, string>): string[] {
  return Object.values(secrets)
}

/** openid-client wraps what its fetch throws. */
function ownError(error: unknown): AppleAuthError | undefined {
  if (error instanceof AppleAuthError) return error
  return error instanceof Error && error.cause instanceof AppleAuthError ? error.cause : undefined
}
