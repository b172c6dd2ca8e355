import type { Request } from 'express'
// The import brings `req.session` into Express's Request type.
import type { Session, SessionData } from 'express-session'
import { AppleSessionMissingError, AppleSessionStoreError } from '../errors.js'

/** Every key of ours in the app's session begins so; whatever else is there belongs to the app. */
export const keyPrefix = 'express-apple-auth:'

/** A session as a bag of values, which is all that this package needs to know of it. */
export type SessionBag = Session & Partial<SessionData> & Record<string, unknown>

/**
 * The request's session.
 *
 * @throws AppleSessionMissingError when there is none, or when it is not express-session's
 */
export function requireSession(req: Request): SessionBag {
  const session = req.session as SessionBag | undefined
  if (session === undefined) {
    throw new AppleSessionMissingError(
      'There is no req.session: mount express-session before the Apple router and guards, with a cookie path that ' +
        'covers them, and check that its store is connected.',
    )
  }
  if (typeof session.regenerate !== 'function' || typeof session.save !== 'function') {
    throw new AppleSessionMissingError(
      'req.session is not from express-session, so its id cannot be changed at login: use express-session.',
    )
  }
  return session
}

/** Saves the session now, so that the next request, on whatever node, finds it. */
export function saveSession(req: Request): Promise<void> {
  return stored('save the session', (done) => requireSession(req).save(done))
}

/** Gives the session a new id and nothing in it; the old id is dead. */
export function regenerateSession(req: Request): Promise<void> {
  return stored('replace the session', (done) => requireSession(req).regenerate(done))
}

/** Ends the session with all that is in it. */
export function destroySession(req: Request): Promise<void> {
  return stored('end the session', (done) => requireSession(req).destroy(done))
}

/**
 * Reads the session with that id and makes it this request's, cookie included; false when there is none.
 *
 * With the request's own id this brings what other requests have put there meanwhile.
 */
export async function loadSession(req: Request, sessionId: string): Promise<boolean> {
  const data = await new Promise<SessionData | undefined>((resolve, reject) => {
    req.sessionStore.get(sessionId, (error: unknown, found) => {
      if (error !== undefined && error !== null) reject(storeError('read the session', error))
      else resolve(found ?? undefined)
    })
  })
  if (data === undefined) return false
  req.sessionID = sessionId
  req.sessionStore.createSession(req, data)
  return true
}

/** Leaves the request without a session, so that its answer sets no cookie. */
export function setSessionAside(req: Request): void {
  Reflect.deleteProperty(req, 'session')
}

/** The name of the cookie that brought this very session, undefined when the browser sent none that did. */
export function sessionCookieName(req: Request): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.split('=', 2)
    // express-session signs: s:<id>.<signature>
    if (name !== undefined && value !== undefined && decode(value).startsWith(`s:${req.sessionID}.`)) return name.trim()
  }
  return undefined
}

/** The app's own values in a session. */
export function appData(session: SessionBag): Record<string, unknown> {
  return Object.fromEntries(Object.entries(session).filter(([key]) => key !== 'cookie' && !key.startsWith(keyPrefix)))
}

function stored(purpose: string, run: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => {
      if (error !== undefined && error !== null) reject(storeError(purpose, error))
      else resolve()
    })
  })
}

function storeError(purpose: string, cause: unknown): AppleSessionStoreError {
  return new AppleSessionStoreError(`The session store could not ${purpose}: check that it is up.`, { cause })
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value.trim())
  } catch {
    return value
  }
}
