import type { AppleAuthConfig } from '../../config/config.js'
import { shownUrl } from '../shown.js'
import { appFailure } from './app-failure.js'
import { type Check, ok, problem, warning } from './check.js'
import type { Patient } from './patient.js'
import { checkSessionCookies } from './session-cookie-check.js'
import { failureCode, type Page, visit } from './visit.js'

/**
 * Asks the app's /login once, as the browser of somebody who wants to sign in: at the redirect URI's host, or at `appUrl` as
 * the proxy in front of it would. The app remembers a login that nobody finishes; nothing else comes of it.
 */
export async function checkAppLogin(
  patient: Patient,
  config: AppleAuthConfig,
  appUrl: string | undefined,
): Promise<readonly Check[]> {
  const redirectUri = new URL(config.redirectUri)
  const path = new URL('login', config.redirectUri.replace(/\/$/, '')).pathname
  const url = new URL(path, appUrl ?? redirectUri).href
  try {
    const headers = appUrl === undefined ? {} : asProxy(redirectUri)
    return judge(await visit(url, { timeoutMs: config.httpTimeoutMs, headers }), { patient, config, url, path })
  } catch (error) {
    return [
      warning(
        'app-login',
        `The app's own ${path} could not be asked at ${new URL(url).origin} (${failureCode(error)}).`,
        appUrl === undefined
          ? 'Start the app there; or, where that host does not lead to it yet, add --app-url with the address at which it ' +
              'listens, such as --app-url http://127.0.0.1:3000.'
          : 'Start the app, or correct --app-url.',
      ),
    ]
  }
}

function asProxy({ host, protocol }: URL): Record<string, string> {
  return { host, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.replace(':', '') }
}

interface Asked {
  readonly patient: Patient
  readonly config: AppleAuthConfig
  readonly url: string
  readonly path: string
}

function judge(page: Page, asked: Asked): readonly Check[] {
  const { status, headers } = page
  if (status < 300 || status > 399 || headers.location === undefined) return [appFailure(page, asked.path)]
  const target = new URL(headers.location, asked.config.redirectUri)
  const authorize = `${asked.config.baseUrl}${asked.config.rules.paths.authorize}`
  if (`${target.origin}${target.pathname}` !== authorize) return [elsewhere(target, asked)]
  const disagreement = otherSettings(target, asked)
  if (disagreement !== undefined) return [disagreement]
  const cookies = checkSessionCookies(headers['set-cookie'] ?? [], asked.config)
  return cookies.length > 0
    ? cookies
    : [ok('app-login', `${asked.path} leads to Apple, and a session cookie comes with it.`)]
}

/** The app runs, but with other settings than those that were read here. */
function otherSettings(target: URL, { config, path, patient }: Asked): Check | undefined {
  const pairs = [
    ['client_id', config.clientId, 'clientId'],
    ['redirect_uri', config.redirectUri, 'redirectUri'],
  ] as const
  const wrong = pairs.find(([parameter, value]) => target.searchParams.get(parameter) !== value)
  if (wrong === undefined) return undefined
  return problem(
    'app-login',
    `The app's ${path} sends another ${wrong[0]} to Apple than ${patient.variable(wrong[2])} says here, so it runs with other settings.`,
    'Start the app again after a change of its variables, read the same .env file here as there, and look for options in its ' +
      'code, which win over variables.',
  )
}

function elsewhere(target: URL, { config, path, patient }: Asked): Check {
  const { host } = new URL(config.redirectUri)
  if (target.searchParams.has('apple_host')) {
    return problem(
      'app-login',
      `The app takes ${path} for a request to another host than ${host}, so the session cookie and Apple's answer would not meet.`,
      "If a proxy changes the Host header: have it pass Host on, or send X-Forwarded-Host and set app.set('trust proxy', 1).",
      `Otherwise ${patient.variable('redirectUri')} has the wrong host.`,
    )
  }
  if (target.host !== host) {
    return problem(
      'app-login',
      `${path} at ${host} is sent on to ${target.host}: a session cookie of that host does not come along with Apple's answer to ${host}.`,
      `Let people sign in at one host: make ${patient.variable('redirectUri')} (and the Return URL at Apple) one of ` +
        `${target.host}, or stop that redirect.`,
    )
  }
  return problem(
    'app-login',
    `The app's ${path} leads to ${shownUrl(target.href)} instead of Apple.`,
    'Mount the router before whatever asks for a login or changes addresses.',
  )
}
