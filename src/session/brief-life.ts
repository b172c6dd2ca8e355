import type { Request } from 'express'
import { keyPrefix, saveSession, type SessionBag, sessionCookie } from './app-session.js'

/** How long a login may take, and how long a session lives that holds nothing else, in milliseconds. */
export const loginLifetimeMs = 15 * 60 * 1000

/** Is this the key of logins under way, whatever the instance? */
export function isLoginsKey(key: string): boolean {
  // An instance may be named so, too.
  return key.startsWith(keyPrefix) && key.slice(keyPrefix.length).endsWith(':logins')
}

/** Does a session hold nothing but logins under way, whatever the instance? */
export function holdsOnlyLoginsUnderWay(session: SessionBag): boolean {
  return Object.keys(session).every((key) => key === 'cookie' || isLoginsKey(key))
}

/**
 * Saves a session that holds nothing but pending logins for no longer than they last, so that /login cannot fill the
 * store. The cookie of a new session stays as the app wants it. A session that comes to hold more gets its usual life.
 */
export async function saveBriefly(req: Request, session: SessionBag): Promise<void> {
  const { cookie } = session
  const { originalMaxAge } = cookie
  shorten(session)
  await saveSession(req)
  cookie.maxAge = originalMaxAge ?? undefined
  // A session that the browser knows already has its life extended at the end of the request: not this one's.
  if (sessionCookie(req) !== undefined) touchBriefly(session)
}

/** express-session calls `touch` at the end of each request, which would extend the session's life. */
export function touchBriefly(session: SessionBag): void {
  if (typeof session.touch !== 'function') return
  const touch = session.touch.bind(session)
  Object.defineProperty(session, 'touch', {
    configurable: true,
    enumerable: false,
    value() {
      if (!holdsOnlyLoginsUnderWay(session)) return touch()
      shorten(session)
      return session
    },
  })
}

function shorten({ cookie }: SessionBag): void {
  const { originalMaxAge } = cookie
  cookie.maxAge = Math.min(originalMaxAge ?? Infinity, loginLifetimeMs)
  // Setting maxAge sets this too, and by this a later request restores the life that the app wants.
  cookie.originalMaxAge = originalMaxAge
}
