import type { Request } from 'express'
// The import brings `req.session` into Express's Request type.
import type { Session, SessionData, Store } from 'express-session'
import { AppleSessionMissingError, AppleSessionStoreError } from '../errors.js'
import { createOncePerKey, type OncePerKey } from '../once-per-key.js'

/** Every key of ours in the app's session begins so; whatever else is there belongs to the app. */
export const keyPrefix = 'express-apple-auth:'

/** A session as a bag of values, which is all that this package needs to know of it. */
export type SessionBag = Session & Partial<SessionData> & Record<string, unknown>

/** Which session took the place of which, for requests that began before and end after. */
const successors = new WeakMap<Store, OncePerKey<string>>()
const successorsKeptMs = 60 * 1000

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
export async function regenerateSession(req: Request): Promise<void> {
  const oldId = req.sessionID
  await stored('replace the session', (done) => requireSession(req).regenerate(done))
  const known = successors.get(req.sessionStore) ?? createOncePerKey({ keepMs: successorsKeptMs, keepFailures: false })
  successors.set(req.sessionStore, known)
  await known.run(oldId, () => Promise.resolve(req.sessionID))
}

/** Ends the session with all that is in it. */
export function destroySession(req: Request): Promise<void> {
  return stored('end the session', (done) => requireSession(req).destroy(done))
}

/** Was there a session that has been ended in the course of this request, by a logout or by the app? */
export function hasEnded(req: Request): boolean {
  // express-session leaves its store on every request that it has given a session.
  return (req.session as SessionBag | undefined) === undefined && (req.sessionStore as Store | undefined) !== undefined
}

/** Gives a request whose session has been ended a new, empty one. */
export function renewSession(req: Request): void {
  if (hasEnded(req)) req.sessionStore.generate(req)
}

/**
 * Reads the session with that id, or the one that has taken its place on this node, and makes it this request's, cookie
 * included; false when there is none.
 *
 * With the request's own id this brings what other requests have put there meanwhile.
 */
export async function loadSession(req: Request, sessionId: string): Promise<boolean> {
  const successor = await successors.get(req.sessionStore)?.recall(sessionId)
  const id = successor ?? sessionId
  const data = await readSession(req, id)
  if (data === undefined) return false
  const { sessionID } = req
  req.sessionID = id
  try {
    req.sessionStore.createSession(req, data)
  } catch (error) {
    req.sessionID = sessionID
    throw storeError('give back the session as it was saved', error)
  }
  return true
}

/** What the store holds for this request's session at this moment; undefined when it has ended. */
export function readSession(req: Request, sessionId: string): Promise<SessionData | undefined> {
  return new Promise((resolve, reject) => {
    try {
      req.sessionStore.get(sessionId, (error: unknown, found) => {
        if (error !== undefined && error !== null) reject(storeError('read the session', error))
        else resolve(found ?? undefined)
      })
    } catch (error) {
      reject(storeError('read the session', error))
    }
  })
}

/** Empties the request's copy of the session. */
export function forgetEverything(req: Request): void {
  const session = requireSession(req)
  for (const key of Object.keys(session)) if (key !== 'cookie') Reflect.deleteProperty(session, key)
}

/** Leaves the request without a session, so that its answer saves none and sets no cookie. */
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
      return { name: name.trim(), value: decode(value.trim().replace(/^"(.*)"$/, '$1')) }
    })
    .filter(({ value }) => value.startsWith('s:'))
}

/** All values in a session but its cookie. */
export function sessionValues(session: SessionBag): Record<string, unknown> {
  return Object.fromEntries(Object.entries(session).filter(([key]) => key !== 'cookie'))
}

function stored(purpose: string, run: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    try {
      run((error) => {
        if (error !== undefined && error !== null) reject(storeError(purpose, error))
        else resolve()
      })
    } catch (error) {
      reject(error instanceof AppleSessionMissingError ? error : storeError(purpose, error))
    }
  })
}

function storeError(purpose: string, cause: unknown): AppleSessionStoreError {
  return new AppleSessionStoreError(`The session store could not ${purpose}: check that it is up.`, { cause })
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
