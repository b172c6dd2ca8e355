import type { Request } from 'express'
import { toUser, type UnverifiedName } from '../apple/identity.js'
import { AppleLoginRefusedError } from '../errors.js'
import { appData, regenerateSession, requireSession, saveSession, type SessionBag } from '../session/app-session.js'
import { isLoginKey, type LoginRecord } from '../session/login-record.js'
import { loginsUnderWay, type PendingLogin } from '../session/pending-logins.js'
import { createTokens } from '../session/tokens.js'
import type { Identity } from './identity-request.js'
import type { Instance } from './instance.js'
import { readLogin } from './login-view.js'
import { parseUnverifiedName } from './unverified-name.js'

/**
 * Asks the app (`onLogin`), gives the session a new id, puts the login into it and saves.
 *
 * The app's own session data stays when nobody or the same person was signed in; when it was somebody else, that
 * person's data goes, other instances' logins included. A refused login leaves the session as it was.
 *
 * @throws AppleLoginRefusedError when `onLogin` throws
 * @throws AppleSessionStoreError when the new session cannot be saved; then nobody is signed in
 */
export async function signIn(
  instance: Instance,
  req: Request,
  pending: PendingLogin,
  identity: Identity,
  userField: string | undefined,
): Promise<void> {
  const unverifiedName = parseUnverifiedName(userField)
  const record = toRecord(pending, identity, unverifiedName)
  const session = requireSession(req)
  const before = { ...appData(session), ...logins(session) }
  if (isSomebodyElse(instance, req, identity))
    for (const key of Object.keys(before)) Reflect.deleteProperty(session, key)
  const user = identity.claims && toUser(identity.claims, unverifiedName)
  try {
    await instance.config.onLogin?.({
      req,
      user,
      claims: identity.claims,
      organization: identity.organization,
      unverifiedName,
      tokens: createTokens({
        ...identity.tokens,
        expiresAt: new Date(record.accessTokenExpiresAt * 1000),
        scope: record.scope,
        requestedScope: record.requestedScope,
      }),
      returnTo: pending.returnTo,
    })
  } catch (error) {
    Object.assign(session, before)
    throw new AppleLoginRefusedError('onLogin refused this login; its error is the cause.', { cause: error })
  }
  await replaceSession(instance, req, pending, record)
  instance.events.emit('login', {
    user,
    organization: identity.organization,
    scope: record.scope,
    returnTo: pending.returnTo,
  })
}

function toRecord(
  pending: PendingLogin,
  { tokens, claims, organization }: Identity,
  name: UnverifiedName | undefined,
): LoginRecord {
  const now = Math.floor(Date.now() / 1000)
  const requestedScope = pending.scope.join(' ')
  return {
    loginAt: now,
    accessToken: tokens.accessToken,
    accessTokenExpiresAt: now + tokens.expiresInSeconds,
    refreshToken: tokens.refreshToken,
    idToken: tokens.idToken,
    // Apple's token response names no scope; Apple School Manager accounts' id_tokens do.
    scope: claims?.scopes ?? requestedScope,
    requestedScope,
    organization: organization && JSON.stringify(organization),
    unverifiedName: name && JSON.stringify(name),
  }
}

/** Was another person (or, without id_tokens, another school) signed in at this instance? */
function isSomebodyElse(instance: Instance, req: Request, { claims, organization }: Identity): boolean {
  const before = readLogin(instance, req)
  if (before === undefined) return instance.loginRecords.stored(req) !== undefined
  if (claims !== undefined || before.claims !== undefined) return claims?.sub !== before.claims?.sub
  return organization?.id !== before.organization?.id
}

async function replaceSession(
  instance: Instance,
  req: Request,
  pending: PendingLogin,
  record: LoginRecord,
): Promise<void> {
  const old = requireSession(req)
  const kept = { ...appData(old), ...logins(old), ...loginsUnderWay(old) }
  const maxAge = old.cookie.originalMaxAge
  await regenerateSession(req)
  const session = requireSession(req)
  Object.assign(session, kept)
  // "Remember me": a life that the app gave this session goes on.
  if (Object.keys(kept).length > 0 && maxAge !== session.cookie.originalMaxAge)
    session.cookie.maxAge = maxAge ?? undefined
  instance.pendingLogins.finish(req, pending)
  instance.loginRecords.write(req, record)
  await saveSession(req).catch((error: unknown) => {
    // express-session tries again at the end of the response, and must find nobody signed in.
    instance.loginRecords.remove(req)
    throw error
  })
}

function logins(session: SessionBag): Record<string, unknown> {
  return Object.fromEntries(Object.entries(session).filter(([key]) => isLoginKey(key)))
}
