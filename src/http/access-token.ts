import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { AppleIdTokenError, AppleLoginRequiredError, AppleTokenError } from '../errors.js'
import type { Instance, RenewedTokens } from './instance.js'
import { type LoginView, readLogin } from './login-view.js'
import { requireStillSignedIn } from './still-signed-in.js'

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
  const renewed = await instance.refreshes
    .run(fingerprint(refreshToken), () => refresh(instance, login, refreshToken))
    .catch(async (error: unknown) => {
      if (!endsLogin(error)) throw error
      // A logout elsewhere revokes the grant, and so is a likely reason.
      await requireStillSignedIn(instance, req)
      throw endLogin(instance, req, 'The grant has ended at Apple.', error)
    })
  await requireStillSignedIn(instance, req)
  const { accessToken } = renewed.tokens
  instance.loginRecords.write(req, {
    ...record,
    accessToken,
    accessTokenExpiresAt: renewed.expiresAt,
    // Apple sends a refresh token only once.
    refreshToken: renewed.tokens.refreshToken ?? refreshToken,
  })
  return accessToken
}

async function refresh(instance: Instance, login: LoginView, refreshToken: string): Promise<RenewedTokens> {
  const tokens = await instance.client.refresh(refreshToken)
  if (tokens.idToken !== undefined) {
    const claims = await instance.verifyIdToken(tokens.idToken, { accessToken: tokens.accessToken })
    if (login.claims !== undefined && (claims.sub !== login.claims.sub || claims.iss !== login.claims.iss)) {
      throw new AppleIdTokenError('The id_token of a refresh is about somebody else than the login.', {
        details: { iss: claims.iss, sub: claims.sub, loginIss: login.claims.iss, loginSub: login.claims.sub },
      })
    }
  }
  const expiresAt = Math.floor(Date.now() / 1000) + tokens.expiresInSeconds
  instance.events.emit('refresh', {
    sub: login.user?.sub,
    organizationId: login.organization?.id ?? login.user?.organizationId,
    expiresAt: new Date(expiresAt * 1000),
  })
  return { tokens, expiresAt }
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
