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

/** Empties the request's copy of the session. */
export function forgetEverything(req: Request): void {
  const session = requireSession(req)
  for (const key of Object.keys(session)) if (key !== 'cookie') Reflect.deleteProperty(session, key)
}

/** Leaves the request without a session, so that its answer sets no cookie. */
export function setSessionAside(req: Request): void {
  Reflect.deleteProperty(req, 'session')
}

/** The cookie that brought this very session; undefined when the browser sent none that did. */
export function sessionCookie(req: Request): { name: string; value: string } | undefined {
  // express-session signs: s:<id>.<signature>
  return signedCookies(req).find(({ value }) => value.startsWith(`s:${req.sessionID}.`))
}

/** Every signed cookie of the request, decoded; whether the signature is right only its owner can tell. */
export function signedCookies(req: Request): { name: string; value: string }[] {
  return (req.headers.cookie ?? '')
    .split(';')
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2)
      return { name: name.trim(), value: value.trim().replace(/^s%3A/i, 's:') }
    })
    .filter(({ value }) => value.startsWith('s:'))
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
