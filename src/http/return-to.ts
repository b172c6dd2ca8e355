import type { AppleAuthConfig } from '../config/config.js'
import { parseSitePath } from '../config/site-path.js'

/**
 * Where a login leads: the path asked for when it is on this site, else `postLoginRedirect`.
 *
 * The router's own routes are no place to return to: /login would begin again, /logout undo it.
 */
export function returnPath(config: AppleAuthConfig, asked: unknown): string {
  const path = parseSitePath(asked)
  return path === undefined || isOwnRoute(config, path) ? config.postLoginRedirect : path
}

/** The path of a sibling route of the callback, as the browser sees it. */
export function routePath(config: AppleAuthConfig, route: 'login' | 'logout' | 'notifications'): string {
  return new URL(route, config.redirectUri.replace(/\/$/, '')).pathname
}

function isOwnRoute(config: AppleAuthConfig, path: string): boolean {
  const { pathname } = new URL(path, 'http://site.invalid')
  const routes = (['login', 'logout', 'notifications'] as const).map((route) => routePath(config, route))
  const own = [...routes, new URL(config.redirectUri).pathname]
  // Express looks at neither case nor a slash at the end.
  const plain = (each: string): string => each.toLowerCase().replace(/\/+$/, '')
  return own.map(plain).includes(plain(pathname))
}
