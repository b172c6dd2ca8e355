import type { FetchFailure } from '../apple/bounded-fetch.js'
import type { HttpAnswer } from '../apple/http-exchange.js'
import { parseRetryAfter } from '../apple/retry-after.js'
import { type AppleAuthErrorDetails, AppleRosterError, AppleUnavailableError } from '../errors.js'

/** The longest that Apple may have us wait before the next request, in seconds. */
const maxWaitSeconds = 60

/** What another attempt may mend. */
const passing: readonly unknown[] = ['timeout', 'network'] satisfies FetchFailure[]

/** The error for an answer of another status than 200. */
export function failedAnswer({ status, headers }: HttpAnswer, path: string, attempts: number): AppleRosterError {
  const retryAfterSeconds = status === 429 ? parseRetryAfter(headers) : undefined
  return new AppleRosterError(
    `The Roster API answered ${String(status)} to ${path}: ${advice(status, retryAfterSeconds)}`,
    status,
    {
      // Ids come from the app's own URLs, so that what is missing there is missing here.
      ...(status === 404 && path.includes('{id}') ? { status: 404 } : {}),
      details: {
        path,
        attempts,
        appleStatus: status,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      },
    },
  )
}

/** The error for an answer of status 200 that is not what Apple documents. */
export function malformedAnswer(path: string, what: string, details: AppleAuthErrorDetails = {}): AppleRosterError {
  return new AppleRosterError(`The Roster API answered ${path} with ${what}.`, 200, {
    details: { path, appleStatus: 200, ...details },
  })
}

/** The error for no answer, with what the operator needs. */
export function unanswered(error: AppleUnavailableError, path: string, attempts: number): AppleUnavailableError {
  const times = attempts === 1 ? '' : ` (attempt ${String(attempts)})`
  return new AppleUnavailableError(`${error.message}${times}`, {
    cause: error.cause,
    details: { ...error.details, path, attempts },
  })
}

/** May the same request succeed at another time? */
export function isAnotherChance(error: unknown): boolean {
  if (isServerFailure(error)) return true
  if (!(error instanceof AppleRosterError) || error.appleStatus !== 429) return false
  const seconds = toldToWait(error)
  return seconds === undefined || seconds <= maxWaitSeconds
}

/** Did Apple, or the way to it, fail in a manner that passes? */
export function isServerFailure(error: unknown): boolean {
  if (error instanceof AppleUnavailableError) return passing.includes(error.details.reason)
  return error instanceof AppleRosterError && error.appleStatus !== undefined && error.appleStatus >= 500
}

/** How many seconds Apple told us to wait. */
export function toldToWait(error: unknown): number | undefined {
  if (!(error instanceof AppleRosterError)) return undefined
  const { retryAfterSeconds } = error.details
  return typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined
}

function advice(status: number, retryAfterSeconds: number | undefined): string {
  if (status === 401) return 'the access token is not valid (any more).'
  if (status === 403)
    return 'no permission; most often the login lacks the scope for it (edu.users.read, edu.classes.read).'
  if (status === 404) return 'there is no such thing in this organization.'
  if (status >= 500) return 'try again later.'
  if (status !== 429) return 'Apple documents no such answer.'
  return retryAfterSeconds === undefined
    ? 'too many requests; wait before the next one.'
    : `too many requests; Apple wants ${String(retryAfterSeconds)} s of quiet.`
}
