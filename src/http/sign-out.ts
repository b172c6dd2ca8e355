import type { Request } from 'express'
import {
  destroySession,
  regenerateSession,
  requireSession,
  saveSession,
  type SessionBag,
  sessionCookie,
} from '../session/app-session.js'
import { holdsLogin, isOthersKey, loginTokens } from '../session/login-record.js'
import type { Instance } from './instance.js'
import type { LoginView } from './login-view.js'

/**
 * Writes down what is owed to Apple, ends the login here, then revokes its tokens at Apple. Apple's silence keeps nobody
 * signed in.
 *
 * The whole session goes, except while another instance is signed in there: then that login stays, under a new id.
 *
 * @throws AppleSessionStoreError when the session could not be ended; then nothing is revoked
 */
export async function signOut(
  instance: Instance,
  req: Request,
  login: LoginView | undefined,
  revoke: boolean,
): Promise<void> {
  const { loginRecords } = instance
  // Where the grant has ended at Apple before, the login is gone and the person's data is not.
  if (loginRecords.stored(req) === undefined && loginRecords.owner(req) === undefined) return
  if (login === undefined) {
    await endSession(instance, req)
    return
  }
  const who = { sub: login.user?.sub, organizationId: login.organization?.id ?? login.user?.organizationId }
  // Before the session goes, which has them.
  const tokens = revoke ? loginTokens(login.record) : undefined
  const owed = tokens && (await instance.revocations.owe({ ...tokens, ...who }))
  try {
    await endSession(instance, req)
  } catch (error) {
    await owed?.withdraw()
    throw error
  }
  const revoked = (await owed?.send()) === 'revoked'
  instance.events.emit('logout', { ...who, revoked })
}

/**
 * Ends the request's login and session; other instances' logins stay, under a new id.
 *
 * @throws AppleSessionStoreError
 */
export async function endSession(instance: Instance, req: Request): Promise<void> {
  instance.loginRecords.remove(req)
  const session = requireSession(req)
  if (holdsLogin(session)) {
    await keepOthersLogins(instance, req)
  } else {
    const clear = cookieEraser(req, session)
    await destroySession(req)
    clear()
  }
}

/** Leaves what belongs to the other instances, and whose data this was; the app's own data was this person's. */
async function keepOthersLogins({ config, loginRecords }: Instance, req: Request): Promise<void> {
  const owner = loginRecords.owner(req)
  const kept = Object.entries(requireSession(req)).filter(([key]) => isOthersKey(key, config.name))
  await regenerateSession(req)
  Object.assign(requireSession(req), Object.fromEntries(kept))
  if (owner !== undefined) loginRecords.leaveOwner(req, owner)
  await saveSession(req)
}

/** express-session leaves the browser's cookie where it is; this takes it back, by the name it came under. */
function cookieEraser(req: Request, session: SessionBag): () => void {
  const name = sessionCookie(req)?.name
  const { path, domain, secure, httpOnly, sameSite } = session.cookie
  return () => {
    if (name === undefined || req.res === undefined || req.res.headersSent) return
    req.res.clearCookie(name, {
      path: path ?? '/',
      ...(domain === undefined ? {} : { domain }),
      ...(typeof secure === 'boolean' ? { secure } : {}),
      ...(httpOnly === undefined ? {} : { httpOnly }),
      ...(typeof sameSite === 'string' || typeof sameSite === 'boolean' ? { sameSite } : {}),
    })
  }
}
