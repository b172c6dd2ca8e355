import type { AppleAuthConfig } from '../config/config.js'
import { type AppleAuthErrorDetails, AppleTokenError, AppleUnavailableError } from '../errors.js'
import type { ClientSecret } from './client-secret.js'
import { refusal } from './refusal.js'

/** An answer of the migration endpoint's other than 200; Apple's words are undefined where it says nothing readable. */
export interface RefusedMigration {
  readonly path: string
  /** Whom the request was about, as the error's details say it. */
  readonly person: AppleAuthErrorDetails
  readonly error: string | undefined
  readonly error_description: string | undefined
  readonly response: Response
}

/** Apple's words for what is wrong with the app, whoever the request is about. */
const aboutApp = ['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope']
const tokenRefused = 'invalid_token'

/** What Apple has refused (access token, app or person) as an error without `sent`, which Apple's words may repeat. */
export function migrationRefusal(
  { path, person, error, error_description, response }: RefusedMigration,
  config: AppleAuthConfig,
  clientSecret: ClientSecret,
  sent: readonly string[],
): AppleTokenError | AppleUnavailableError {
  const { status } = response
  if (error === tokenRefused || (status === 401 && error === undefined)) {
    const details = { appleError: tokenRefused, status }
    return new AppleTokenError("Apple does not accept the team's access token.", tokenRefused, { details })
  }
  if (error === undefined) return otherAnswer(path, status)
  const refusedApp = refusal({ error, error_description, status, response }, config, clientSecret, sent)
  return aboutApp.includes(refusedApp.appleError) ? refusedApp : refusedPerson(refusedApp, person)
}

/** Does Apple refuse this one person, whatever it says to the next? */
export function refusesPerson(error: unknown): error is AppleTokenError {
  return error instanceof AppleTokenError && ('sub' in error.details || 'transferSub' in error.details)
}

/** Does Apple want another access token? */
export function refusesToken(error: unknown): boolean {
  return error instanceof AppleTokenError && error.appleError === tokenRefused
}

function refusedPerson({ appleError, details }: AppleTokenError, person: AppleAuthErrorDetails): AppleTokenError {
  const causes =
    'the person no longer uses the app, its transfer is not open (60 days from when it is accepted) or goes elsewhere, ' +
    'or access token, client id and client secret do not belong together'
  return new AppleTokenError(`Apple answered ${appleError}: ${causes}.`, appleError, {
    details: { ...details, ...person },
  })
}

function otherAnswer(path: string, status: number): AppleUnavailableError {
  const message = `Apple's ${path} answered ${String(status)}: it may be out of use, 60 days after the transfer.`
  return new AppleUnavailableError(message, { details: { reason: 'status', status } })
}
