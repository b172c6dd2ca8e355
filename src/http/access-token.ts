import type { Request } from 'express'
import { endsGrant, isFresh } from '../apple/refresh.js'
import { AppleLoginRequiredError, AppleUnavailableError } from '../errors.js'
import { type LoginTokens, loginTokens } from '../session/login-record.js'
import type { Instance } from './instance.js'
import { loginStart } from './login-start.js'
import { type LoginView, readLogin } from './login-view.js'
import { believe, noteSettled, settleLogin } from './settle-login.js'
import { requireStillSignedIn } from './still-signed-in.js'

/**
 * The access token of the request's login, renewed when it is about to end.
 *
 * @throws AppleLoginRequiredError when nobody is signed in, or the grant has ended at Apple (then the login here ends too)
 * @throws AppleTokenError, AppleUnavailableError when Apple could not renew it; the login stays
 * @throws AppleStoreError when `store` does not say whether Apple has ended the login
 */
export async function currentAccessToken(instance: Instance, req: Request): Promise<string> {
  await settleLogin(instance, req)
  const { login, tokens } = requireTokens(instance, req)
  const { accessToken, accessTokenExpiresAt: expiresAt, refreshToken } = tokens
  if (isFresh({ expiresAt }) || (refreshToken === undefined && secondsLeft(tokens) > 0)) return accessToken
  return renew(instance, req, login, tokens).catch((error: unknown) => {
    // In its last minute the old one still does, while Apple does not answer.
    if (error instanceof AppleUnavailableError && secondsLeft(tokens) > 0) return accessToken
    throw error
  })
}

/**
 * Another access token than the one that the Roster API has refused: one that was renewed meanwhile, or a new one.
 *
 * @throws as `currentAccessToken`
 */
export async function renewedAccessToken(instance: Instance, req: Request, rejected: string): Promise<string> {
  const { login, tokens } = requireTokens(instance, req)
  if (tokens.accessToken !== rejected && secondsLeft(tokens) > 0) return tokens.accessToken
  return renew(instance, req, login, tokens)
}

function requireTokens(instance: Instance, req: Request): { login: LoginView; tokens: LoginTokens } {
  const login = believe(instance, req, readLogin(instance, req))
  if (login === undefined) throw new AppleLoginRequiredError('Nobody is signed in, so there is no access token.')
  const tokens = loginTokens(login.record)
  if (tokens !== undefined) return { login, tokens }
  throw new AppleLoginRequiredError(
    'This login came from a native app without an authorizationCode, so there is no access token: have the app send one.',
  )
}

function secondsLeft({ accessTokenExpiresAt }: LoginTokens): number {
  return accessTokenExpiresAt - Date.now() / 1000
}

async function renew(instance: Instance, req: Request, login: LoginView, tokens: LoginTokens): Promise<string> {
  const { record, claims, organization } = login
  if (tokens.refreshToken === undefined) {
    throw endLogin(instance, req, 'The access token has ended and Apple sent no refresh token.')
  }
  const renewed = await instance
    .refresh({
      refreshToken: tokens.refreshToken,
      replaces: tokens.accessToken,
      iss: claims?.iss,
      sub: claims?.sub,
      organizationId: organization?.id ?? claims?.org_id,
      issuedTo: tokens.issuedTo,
    })
    .catch(async (error: unknown) => {
      if (!endsGrant(error)) throw error
      // A logout elsewhere revokes the grant, and so is a likely reason.
      await requireStillSignedIn(instance, req)
      throw endLogin(instance, req, 'The grant has ended at Apple.', error)
    })
  await requireStillSignedIn(instance, req)
  const { accessToken, expiresAt, refreshToken } = renewed
  instance.loginRecords.write(req, { ...record, accessToken, accessTokenExpiresAt: expiresAt, refreshToken })
  noteSettled(instance, req)
  if (refreshToken !== tokens.refreshToken && claims !== undefined) {
    const { issuedTo } = tokens
    const grant = { accessToken, accessTokenExpiresAt: expiresAt, refreshToken, issuedTo }
    await instance.personGrants
      ?.renew(claims.sub, tokens.refreshToken, { ...grant, startedAt: loginStart(record, claims) })
      .catch((error: unknown) => {
        instance.events.note('renewed tokens could not be kept for revoke()', error)
      })
  }
  return accessToken
}

function endLogin(instance: Instance, req: Request, reason: string, cause?: unknown): AppleLoginRequiredError {
  instance.loginRecords.remove(req)
  return new AppleLoginRequiredError(`${reason} The login here ends with it.`, { cause })
}
