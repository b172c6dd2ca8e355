import type { AppleAuthConfig } from '../../config/config.js'
import { type Check, problem, warning } from './check.js'

interface Cookie {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

/**
 * Judges the cookies that came with the redirect to Apple: without a session's cookie the answer finds no login. The
 * session's may have any name, so a flaw counts where all of them have it.
 */
export function checkSessionCookies(setCookies: readonly string[], config: AppleAuthConfig): Check[] {
  const cookies = sessionsFirst(setCookies.map(parseCookie))
  const redirectUri = new URL(config.redirectUri)
  if (cookies.length === 0) {
    return [
      problem(
        'app-login',
        'The app leads to Apple without setting a session cookie, so it would not know the login again (ERR_APPLE_STATE).',
        'Look for what takes Set-Cookie away on its way out: a cache or content network in front, or middleware in the app.',
      ),
    ]
  }
  const flaw = cookies.every((cookie) => flawOf(cookie, redirectUri))
    ? flawOf(cookies[0] as Cookie, redirectUri)
    : undefined
  if (flaw !== undefined) return [flaw]
  if (redirectUri.protocol === 'https:' && cookies.every(({ attributes }) => !attributes.has('secure'))) {
    return [
      warning(
        'app-login',
        'The app leads to Apple, but its session cookie is not Secure although people come by https.',
        "Tell Express of the proxy, app.set('trust proxy', 1), and set the session's cookie.secure to 'auto'.",
      ),
    ]
  }
  return []
}

/** express-session's usual name tells which one it is. */
function sessionsFirst(cookies: readonly Cookie[]): readonly Cookie[] {
  const named = cookies.filter(({ name }) => name === 'connect.sid')
  return named.length > 0 ? named : cookies
}

function flawOf({ name, attributes }: Cookie, { hostname, pathname }: URL): Check | undefined {
  const path = attributes.get('path') ?? '/'
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase()
  if (!`${pathname}/`.startsWith(path.replace(/\/?$/, '/'))) {
    return problem(
      'app-login',
      `The session cookie (${name}) is for ${path} alone, so it does not come along to ${pathname} (ERR_APPLE_STATE).`,
      "Set the session's cookie.path to /.",
    )
  }
  if (domain !== undefined && domain !== hostname && !hostname.endsWith(`.${domain}`)) {
    return problem(
      'app-login',
      `The session cookie (${name}) is for ${domain}, so browsers do not take it from ${hostname} (ERR_APPLE_STATE).`,
      "Leave the session's cookie.domain out, or let it end as the redirect URI's host does.",
    )
  }
  if (attributes.get('samesite')?.toLowerCase() === 'none' && !attributes.has('secure')) {
    return problem(
      'app-login',
      `The session cookie (${name}) is SameSite=None without Secure, which browsers do not take (ERR_APPLE_STATE).`,
      "Set cookie.sameSite to 'lax': the router does not need more.",
    )
  }
  return undefined
}

function parseCookie(header: string): Cookie {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
  return {
    name: pair.split('=')[0] ?? '',
    attributes: new Map(
      attributes.map((attribute) => {
        const [key = '', value = ''] = attribute.split('=')
        return [key.toLowerCase(), value]
      }),
    ),
  }
}
