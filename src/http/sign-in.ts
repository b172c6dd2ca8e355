import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { toUser, type UnverifiedName } from '../apple/identity.js'
import type { LoginRecord } from '../session/login-record.js'
import type { PendingLogin } from '../session/pending-logins.js'
import { admitLogin } from './admit-login.js'
import type { Identity } from './identity-request.js'
import type { Instance } from './instance.js'
import { forgetPerson, replaceSession } from './replace-session.js'
import { parseUnverifiedName } from './unverified-name.js'

/**
 * Asks the app (`onLogin`), connects the school (Data Sharing), gives the session a new id, puts the login into it and saves.
 *
 * The app's own session data stays when nobody or the same person was signed in; when it was somebody else's, it goes,
 * other instances' logins included. A refused login leaves the session as it was.
 *
 * @throws AppleLoginRefusedError when `onLogin` throws
 * @throws AppleStoreError when the school's connection cannot be kept; the session then stays as it was, too
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
  const owner = ownerOf(identity)
  const before = instance.loginRecords.owner(req)
  const isSomebodyElse = before !== owner && (before ?? instance.loginRecords.stored(req)) !== undefined
  const clear = (): void => {
    if (isSomebodyElse) forgetPerson(req)
  }
  clear()
  await admitLogin(instance, req, pending, identity, { record, unverifiedName, clear })
  await replaceSession(instance, req, { pending, record, owner, keepsAge: !isSomebodyElse })
  instance.events.emit('login', {
    user: identity.claims && toUser(identity.claims, unverifiedName),
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

/** A person, or without an id_token a school, as a short text that says nothing to who reads it. */
function ownerOf({ claims, organization }: Identity): string {
  const whose = claims === undefined ? ['organization', organization?.id] : ['person', claims.iss, claims.sub]
  return createHash('sha256').update(JSON.stringify(whose)).digest('base64url').slice(0, 22)
}
