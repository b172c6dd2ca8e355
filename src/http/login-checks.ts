import type { Request } from 'express'
import type { SessionBag } from '../session/app-session.js'
import { sessionCookie } from '../session/app-session.js'
import { AppleInsecureCookieError, AppleWrongHostError } from '../errors.js'
import type { Instance } from './instance.js'
import { hostname, originalQuery } from './request-origin.js'
import { routePath } from './return-to.js'

/** The query parameter of /login that says: this browser was sent to this host by us already. */
const settledParameter = 'apple_host'

/**
 * Turns what would silently lose the login into sentences: a Secure cookie on a request that is not, and a session
 * store that no other node sees.
 *
 * @throws AppleInsecureCookieError
 */
export function checkSession(instance: Instance, req: Request, session: SessionBag): void {
  // A cookie that came back proves that it can be set.
  if (session.cookie.secure === true && !req.secure && sessionCookie(req) === undefined) {
    throw new AppleInsecureCookieError(
      'The session cookie is Secure and this request is plain http, so the browser would never get it. Behind a proxy ' +
        "that speaks https, tell Express: app.set('trust proxy', 1), and have the proxy send X-Forwarded-Proto. " +
        "On plain http, set the session's cookie.secure to 'auto'.",
    )
  }
  if (process.env.NODE_ENV === 'production' && req.sessionStore.constructor.name === 'MemoryStore') {
    instance.warnOnce(
      'APPLE_MEMORY_STORE',
      'Sessions are kept in memory: a login that begins on one process and ends on another, or after a restart, is ' +
        'lost. Give express-session a store such as connect-redis or connect-pg-simple.',
    )
  }
}

/**
 * Where to send a browser that is not on the redirect URI's host, whose cookies Apple's answer would not bring along;
 * undefined when it is there.
 *
 * @throws AppleWrongHostError when it was sent there before and still looks wrong from here
 */
export function settledHostUrl(instance: Instance, req: Request, returnTo: string): string | undefined {
  const { config, redirectUrl } = instance
  const expected = redirectUrl.hostname.replace(/^\[|\]$/g, '')
  const actual = hostname(req).replace(/^\[|\]$/g, '')
  if (actual === expected) return undefined
  if (originalQuery(req).has(settledParameter)) {
    throw new AppleWrongHostError(
      `The redirect URI (redirectUri, ${config.envPrefix}REDIRECT_URI) is on another host than this request seems to be. If a proxy ` +
        "changes the Host header, have it send X-Forwarded-Host and set app.set('trust proxy', 1); else correct the URI.",
      { details: { expectedHost: expected, requestHost: actual } },
    )
  }
  const url = new URL(routePath(config, 'login'), redirectUrl.origin)
  url.search = new URLSearchParams({ returnTo, [settledParameter]: 'settled' }).toString()
  return url.href
}

/** Warns when the router is mounted where Apple's answers will not arrive. */
export function checkMountPath(instance: Instance, req: Request): void {
  const expected = instance.redirectUrl.pathname.replace(/\/$/, '')
  if (`${req.baseUrl}/callback` !== expected) {
    instance.warnOnce(
      'APPLE_CALLBACK_PATH',
      `The redirect URI's path is ${expected}, but the router answers ${req.baseUrl}/callback: unless a proxy ` +
        `changes paths, Apple's answers will not arrive. Mount the router or set redirectUri (${instance.config.envPrefix}REDIRECT_URI) to match.`,
    )
  }
}
