import { type Check, problem, warning } from './check.js'
import type { Page } from './visit.js'

const trustProxy =
  "Behind a proxy that speaks https, tell Express: app.set('trust proxy', 1), and have the proxy send X-Forwarded-Proto. On plain " +
  "http, set the session's cookie.secure to 'auto'."
const mountSession =
  'Mount express-session before the Apple router, with a cookie path that covers it, and look whether its store is connected.'

/** Explains an answer of the app's /login that leads nowhere. */
export function appFailure({ status, body }: Page, path: string): Check {
  const answered = `The app's ${path} answers ${String(status)}`
  if (status === 404 || status === 405) {
    return problem(
      'app-login',
      `${answered}: the router is not where the redirect URI leads, so Apple's answers would not arrive either.`,
      `Mount it there: app.use('${mountPath(path)}', apple.router()); or correct the redirect URI, here and at Apple. A proxy that ` +
        'takes a part of the path away does the same.',
    )
  }
  if (status === 421 || /AppleWrongHostError|ERR_APPLE_WRONG_HOST/.test(body)) {
    return problem(
      'app-login',
      `${answered}: the app sees another host name than the redirect URI's.`,
      "If a proxy changes the Host header, have it send X-Forwarded-Host and set app.set('trust proxy', 1).",
    )
  }
  if (/AppleInsecureCookieError|ERR_APPLE_INSECURE_COOKIE|trust proxy/.test(body)) {
    return problem(
      'app-login',
      `${answered}: the session cookie is Secure and the request looks like plain http, so no browser would ever get it.`,
      trustProxy,
    )
  }
  if (/AppleSessionMissingError|ERR_APPLE_SESSION_MISSING/.test(body)) {
    return problem('app-login', `${answered}: there is no session to remember the login in.`, mountSession)
  }
  return status >= 500 ? serverError(answered, status) : unexpected(answered, status)
}

function serverError(answered: string, status: number): Check {
  if (status >= 502 && status <= 504) {
    return problem(
      'app-login',
      `${answered}: the proxy there does not reach the app.`,
      'Start the app, or tell the proxy where it listens.',
    )
  }
  return problem(
    'app-login',
    `${answered} and does not say why; its log does (ERR_APPLE_…). What it mostly is:`,
    `The session cookie is Secure and the app takes the request for plain http. ${trustProxy}`,
    `There is no session. ${mountSession}`,
  )
}

function unexpected(answered: string, status: number): Check {
  if (status === 401 || status === 403) {
    return problem(
      'app-login',
      `${answered}: something in front of the router asks for a login.`,
      'Let everybody reach the router: people who are not signed in, and Apple itself at /notifications.',
    )
  }
  if (status < 300) {
    return problem(
      'app-login',
      `${answered} with a page of its own instead of leading to Apple.`,
      'Mount the router before static files and before a page for all other addresses, as single-page apps have.',
    )
  }
  return warning('app-login', `${answered}, which says nothing about the router.`, 'Run this again later.')
}

function mountPath(path: string): string {
  return path.replace(/\/login$/, '') || '/'
}
