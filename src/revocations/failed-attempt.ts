import { AppleAuthError, AppleTokenError, AppleUnavailableError } from '../errors.js'

/** What to make of a revocation that Apple did not take. */

/** The first wait, in milliseconds; each one after it is twice as long, with a fifth of chance in it. */
const firstWaitMs = 2000
const longestWaitMs = 15 * 60 * 1000

/** When Apple is asked again after so many attempts, in milliseconds since 1970. */
export function nextAttemptAt(attempts: number): number {
  const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(attempts - 1, 20))
  return Date.now() + Math.round(wait * (0.9 + Math.random() / 5))
}

/**
 * Would asking again be of no use? Apple's 4xx are final, but for those about our own credentials, which an operator can
 * mend.
 */
export function isFinal(error: AppleAuthError): boolean {
  return error instanceof AppleTokenError && !['invalid_client', 'unauthorized_client'].includes(error.appleError)
}

/** The failure of an attempt as one of this package's errors. */
export function failureOf(cause: unknown): AppleAuthError {
  return cause instanceof AppleAuthError
    ? cause
    : new AppleUnavailableError('The revocation could not be sent.', { cause })
}
