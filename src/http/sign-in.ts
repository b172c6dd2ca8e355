import type { Request } from 'express'
import { type AppleClaims, type AppleUser, toUser, type UnverifiedName } from '../apple/identity.js'
import { loginTokens } from '../session/login-record.js'
import type { LoginRecord } from '../session/packed-login.js'
import { organizationSubject, personSubject } from '../session/subject.js'
import { admitLogin, type BegunLogin } from './admit-login.js'
import type { Identity } from './identity-request.js'
import type { Instance } from './instance.js'
import { loginStart } from './login-start.js'
import { forgetPerson, replaceSession } from './replace-session.js'
import { parseUnverifiedName } from './unverified-name.js'

/**
 * Asks the app (`onLogin`), connects the school (Data Sharing), gives the session a new id, puts the login into it and
 * saves. Resolves to who signed in; undefined without an id_token.
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
  begun: BegunLogin,
  identity: Identity,
  userField: string | undefined,
): Promise<AppleUser | undefined> {
  const unverifiedName = parseUnverifiedName(userField)
  const record = toRecord(instance, begun, identity, unverifiedName)
  const subjects = subjectsOf(identity)
  const before = instance.loginRecords.owner(req)
  const isSomebodyElse = before !== subjects[0] && (before ?? instance.loginRecords.stored(req)) !== undefined
  const clear = (): void => {
    if (isSomebodyElse) forgetPerson(req)
  }
  clear()
  await admitLogin(instance, req, begun, identity, { record, unverifiedName, clear })
  if (identity.claims !== undefined) await notePerson(instance, record, identity.claims)
  await replaceSession(instance, req, { finished: begun.pending, record, subjects, keepsAge: !isSomebodyElse })
  const user = identity.claims && toUser(identity.claims, unverifiedName)
  instance.events.emit('login', {
    user,
    organization: identity.organization,
    scope: record.scope,
    returnTo: begun.returnTo,
  })
  return user
}

/** What outlives this session: a consent that older revocations must leave alone, and tokens for `revoke()`. */
async function notePerson(instance: Instance, record: LoginRecord, claims: AppleClaims): Promise<void> {
  const tokens = loginTokens(record)
  const grant = tokens && { ...tokens, startedAt: loginStart(record, claims) }
  await Promise.all([
    instance.revocations.consented(claims.sub),
    grant &&
      instance.personGrants?.keep(claims.sub, grant).catch((error: unknown) => {
        instance.events.note('the tokens of a login could not be kept for revoke()', error)
      }),
  ])
}

function toRecord(
  { config }: Instance,
  begun: BegunLogin,
  { tokens, claims, idToken, organization }: Identity,
  name: UnverifiedName | undefined,
): LoginRecord {
  const now = Date.now() / 1000
  const requestedScope = begun.scope.join(' ')
  return {
    loginAt: now,
    accessToken: tokens?.accessToken,
    accessTokenExpiresAt: tokens && Math.floor(now) + tokens.expiresInSeconds,
    refreshToken: tokens?.refreshToken,
    issuedTo: claims === undefined || claims.aud === config.clientId ? undefined : claims.aud,
    idToken,
    // Apple's token response names no scope; Apple School Manager accounts' id_tokens do.
    scope: claims?.scopes ?? requestedScope,
    requestedScope,
    organization: organization && JSON.stringify(organization),
    unverifiedName: name && JSON.stringify(name),
  }
}

/** Whom a login is about, whose data the session then holds first: a person, or without an id_token a school. */
function subjectsOf({ claims, organization }: Identity): readonly string[] {
  const organizationId = organization?.id ?? claims?.org_id
  return [
    ...(claims === undefined ? [] : [personSubject(claims.sub)]),
    ...(organizationId === undefined ? [] : [organizationSubject(organizationId)]),
  ]
}
