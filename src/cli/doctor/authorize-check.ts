import { randomBytes } from 'node:crypto'
import type { AppleAuthConfig } from '../../config/config.js'
import { createAppleClient } from '../../apple/client.js'
import { createClientSecret } from '../../apple/client-secret.js'
import { shown, shownUrl } from '../shown.js'
import { type Check, ok, problem, warning } from './check.js'
import { capability } from './invalid-client-causes.js'
import type { Patient } from './patient.js'
import { failureCode, type Page, visit } from './visit.js'
import type { WatchedFetch } from './watched-fetch.js'

const errorCodes = /\b(invalid_client|unauthorized_client|invalid_scope|invalid_request)\b/

/** Opens Apple's sign-in page as a browser would, where a client id or redirect URI that Apple does not know shows. */
export async function checkAuthorize(
  patient: Patient,
  config: AppleAuthConfig,
  { boundedFetch }: WatchedFetch,
): Promise<Check> {
  const client = createAppleClient(config, createClientSecret(config), boundedFetch)
  const pkce = config.pkce ? { codeVerifier: randomBytes(32).toString('base64url') } : {}
  const url = client.authorizationUrl({ state: 'doctor', nonce: 'doctor', scope: config.scope, ...pkce })
  try {
    return judge(await visit(url, { timeoutMs: config.httpTimeoutMs }), patient, config)
  } catch (error) {
    return warning('apple-authorize', `Apple's sign-in page could not be opened from here (${failureCode(error)}).`)
  }
}

function judge({ status, headers, body }: Page, patient: Patient, config: AppleAuthConfig): Check {
  const { location = '' } = headers
  if (location.startsWith(config.redirectUri)) {
    const code = new URL(location).searchParams.get('error') ?? ''
    return refused(errorCodes.exec(code)?.[1] ?? 'an error', '', patient, config)
  }
  const text = visibleText(body)
  const code = errorCodes.exec(text)?.[1]
  if (code !== undefined) return refused(code, text, patient, config)
  if (status >= 400) {
    return problem(
      'apple-authorize',
      `Apple's sign-in page answers ${String(status)} to this app's request.`,
      `Open the app's /login in a browser and read what Apple says; look at ${patient.variable('clientId')} and ` +
        `${patient.variable('redirectUri')} first.`,
    )
  }
  return ok('apple-authorize', "Apple's sign-in page opens for this client id, redirect URI and scope.")
}

/** How much of a page is looked at, in characters. */
const longestPage = 32 * 1024

/** What a person would read: scripts may well speak of errors that did not happen. */
function visibleText(body: string): string {
  // What matters stands in front, and looking for ends takes the square of the length.
  const front = body.slice(0, longestPage)
  return front.replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ').replace(/<[^<>]*>/g, ' ')
}

function refused(code: string, text: string, patient: Patient, config: AppleAuthConfig): Check {
  const { variable } = patient
  const redirectUri = shownUrl(config.redirectUri)
  if (code === 'unauthorized_client' || /redirect/i.test(text)) {
    return problem(
      'apple-authorize',
      `Apple does not know the redirect URI ${redirectUri} for the client id ${shown(config.clientId)} (${code}).`,
      'Register it as a Return URL, letter for letter: https or http, the host with or without www, capitals, the path, and a ' +
        'slash at the end all count.',
      `If it is registered: ${variable('clientId')} may be the bundle id of an app. A website has a Services ID of its own, ` +
        'and the Return URLs belong to that.',
      'If that was changed just now: it may take Apple minutes, at worst days.',
    )
  }
  if (code === 'invalid_client') {
    return problem(
      'apple-authorize',
      `Apple knows no client id ${shown(config.clientId)} for ${capability(config)} (invalid_client).`,
      `Compare ${variable('clientId')} with the identifier of the Services ID, letter for letter; an app's bundle id is another one.`,
      `Turn on ${capability(config)} for it, and configure it.`,
    )
  }
  if (code === 'invalid_scope') {
    return problem(
      'apple-authorize',
      `Apple does not let this client ask for the scope ${config.scope.join(' ')} (invalid_scope).`,
      `Leave out of ${variable('scope')} what is not turned on for the client id at Apple.`,
    )
  }
  return problem(
    'apple-authorize',
    `Apple's sign-in page answers ${code} to this app's request.`,
    `Look at ${variable('scope')} and ${variable('responseMode')}: their defaults are right.`,
  )
}
