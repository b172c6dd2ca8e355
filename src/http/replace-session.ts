import type { Request } from 'express'
import { regenerateSession, requireSession, saveSession, sessionValues } from '../session/app-session.js'
import type { LoginRecord } from '../session/packed-login.js'
import { isLoginsKey } from '../session/brief-life.js'
import type { PendingLogin } from '../session/login-entries.js'
import type { Instance } from './instance.js'
import { noteSettled } from './settle-login.js'

/** Removes all that the person before left in the session: the app's data and every login; logins under way stay. */
export function forgetPerson(req: Request): void {
  const session = requireSession(req)
  for (const key of Object.keys(session)) {
    if (key !== 'cookie' && !isLoginsKey(key)) Reflect.deleteProperty(session, key)
  }
}

/**
 * Moves the session to a new id, puts the login into it and saves.
 *
 * `finished`: the pending login that this ends well. `keepsAge`: a life that the app gave the session ("remember me") goes on.
 *
 * @throws AppleSessionStoreError when it cannot be saved; then nobody is signed in
 */
export async function replaceSession(
  instance: Instance,
  req: Request,
  {
    finished,
    record,
    subjects,
    keepsAge,
  }: { finished: PendingLogin | undefined; record: LoginRecord; subjects: readonly string[]; keepsAge: boolean },
): Promise<void> {
  const { pendingLogins, loginRecords } = instance
  const old = requireSession(req)
  const kept = sessionValues(old)
  const maxAge = old.cookie.originalMaxAge
  await regenerateSession(req)
  const session = requireSession(req)
  Object.assign(session, kept)
  const hadLife = keepsAge && Object.keys(kept).some((key) => !isLoginsKey(key))
  if (hadLife && maxAge !== session.cookie.originalMaxAge) session.cookie.maxAge = maxAge ?? undefined
  if (finished !== undefined) pendingLogins.finish(req, finished)
  loginRecords.write(req, record, subjects)
  noteSettled(instance, req)
  await saveSession(req).catch((error: unknown) => {
    // express-session tries again at the end of the response, and must find nobody signed in.
    loginRecords.remove(req)
    throw error
  })
}
