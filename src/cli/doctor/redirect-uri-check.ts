import { shownUrl } from '../shown.js'
import { type Check, ok, problem, warning } from './check.js'
import type { Patient } from './patient.js'

/** Checks what makes a good redirect URI lead nowhere all the same. */
export function checkRedirectUri({ raw, variable }: Patient): Check[] {
  const redirectUri = raw('redirectUri') ?? ''
  const name = variable('redirectUri')
  const { pathname } = new URL(redirectUri)
  if (!/\/callback\/?$/i.test(pathname)) {
    return [
      problem(
        'redirect-uri',
        `${name} does not end in /callback, where the router takes Apple's answers, so they would not arrive.`,
        "Mount the router at /auth/apple, say, and let the redirect URI's path be /auth/apple/callback; register it with " +
          'Apple like that.',
      ),
    ]
  }
  if (pathname.endsWith('/')) {
    return [
      warning(
        'redirect-uri',
        `${name} ends in a slash, which counts: Apple compares it letter for letter with what is registered.`,
        'Look at the Return URLs at Apple; take the slash off unless it is there too.',
      ),
    ]
  }
  return [ok('redirect-uri', shownUrl(redirectUri))]
}
