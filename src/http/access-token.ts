import { createHash } from 'node:crypto'
import type { Request } from 'express'
import type { TokenResponse } from '../apple/token-response.js'
import { AppleIdTokenError, AppleLoginRequiredError, AppleTokenError } from '../errors.js'
import type { Instance } from './instance.js'
import { type LoginView, readLogin } from './login-view.js'

/** An access token with less life than this left is renewed, in seconds. */
const reserveSeconds = 60
/** Apple's words for "this grant has ended", both seen on refresh. */
const grantEnded = ['invalid_grant', 'invalid_request']

/**
 * The access token of the request's login, renewed when it is about to end.
 *
 * @throws AppleLoginRequiredError when nobody is signed in, or the grant has ended at Apple (then the login here ends too)
 * @throws AppleIdTokenError when the answer is about somebody else (then the login here ends too)
 * @throws AppleTokenError, AppleUnavailableError when Apple could not renew it; the login stays
 */
export async function currentAccessToken(instance: Instance, req: Request): Promise<string> {
  const login = readLogin(instance, req)
  if (login === undefined) throw new AppleLoginRequiredError('Nobody is signed in, so there is no access token.')
  const { record } = login
  const secondsLeft = record.accessTokenExpiresAt - Date.now() / 1000
  if (secondsLeft > reserveSeconds) return record.accessToken
  if (record.refreshToken === undefined) {
    if (secondsLeft > 0) return record.accessToken
    throw endLogin(instance, req, 'The access token has ended and Apple sent no refresh token.')
  }
  const { refreshToken } = record
  const tokens = await instance.refreshes
    .run(fingerprint(refreshToken), () => refresh(instance, login, refreshToken))
    .catch((error: unknown) => {
      throw endsLogin(error) ? endLogin(instance, req, 'The grant has ended at Apple.', error) : error
    })
  instance.loginRecords.write(req, {
    ...record,
    accessToken: tokens.accessToken,
    accessTokenExpiresAt: Math.floor(Date.now() / 1000) + tokens.expiresInSeconds,
    // Apple sends a refresh token only once.
    refreshToken: tokens.refreshToken ?? refreshToken,
  })
  return tokens.accessToken
}

async function refresh(instance: Instance, login: LoginView, refreshToken: string): Promise<TokenResponse> {
  const tokens = await instance.client.refresh(refreshToken)
  if (tokens.idToken !== undefined) {
    const claims = await instance.verifyIdToken(tokens.idToken, { accessToken: tokens.accessToken })
    if (login.claims !== undefined && (claims.sub !== login.claims.sub || claims.iss !== login.claims.iss)) {
      throw new AppleIdTokenError('The id_token of a refresh is about somebody else than the login.', {
        details: { iss: claims.iss, sub: claims.sub, loginIss: login.claims.iss, loginSub: login.claims.sub },
      })
    }
  }
  instance.events.emit('refresh', {
    sub: login.user?.sub,
    organizationId: login.organization?.id ?? login.user?.organizationId,
    expiresAt: new Date(Date.now() + tokens.expiresInSeconds * 1000),
  })
  return tokens
}

function endsLogin(error: unknown): boolean {
  if (error instanceof AppleTokenError) return grantEnded.includes(error.appleError)
  return error instanceof AppleIdTokenError && 'loginSub' in error.details
}

function endLogin(instance: Instance, req: Request, reason: string, cause?: unknown): AppleLoginRequiredError {
  instance.loginRecords.remove(req)
  return new AppleLoginRequiredError(`${reason} The login here ends with it.`, { cause })
}

/** Names a grant without holding its token. */
function fingerprint(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('base64url')
}
