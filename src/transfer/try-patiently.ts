import { setTimeout as sleep } from 'node:timers/promises'
import pRetry from 'p-retry'
import type { FetchFailure } from '../apple/bounded-fetch.js'
import { AppleUnavailableError } from '../errors.js'

/** How often a request is made at most, the first time included. */
const maxAttempts = 5
/** How often Apple may fail (5xx, no answer) before the request is given up. */
const maxServerFailures = 4
/** The first growing wait, in milliseconds; it is this to twice this, and doubles each time. */
const firstWaitMs = 500
/** The longest that Apple may have us wait before the next request, in seconds. */
const maxWaitSeconds = 60

/** What another attempt may mend. */
const passing: readonly unknown[] = ['timeout', 'network'] satisfies FetchFailure[]

/** How long a request is worth trying. */
export interface Effort {
  /** Stops at once. */
  readonly signal: AbortSignal | undefined
  /** Asked before each further attempt. */
  readonly isWorthIt: () => boolean
}

/**
 * Makes a request again where that may help, after 429, 5xx and broken connections: when Apple says, or else after a
 * growing wait.
 *
 * It rejects as the last attempt does, and with the signal's reason.
 */
export function tryPatiently<T>(request: () => Promise<T>, { signal, isWorthIt }: Effort): Promise<T> {
  let attempts = 0
  let serverFailures = 0
  const isAllowed = (error: unknown): boolean =>
    attempts < maxAttempts && serverFailures < maxServerFailures && isAnotherChance(error) && isWorthIt()
  const attempt = (): Promise<T> => {
    attempts += 1
    return request()
  }
  return pRetry(attempt, {
    retries: maxAttempts - 1,
    minTimeout: firstWaitMs,
    randomize: true,
    ...(signal === undefined ? {} : { signal }),
    async onFailedAttempt({ error }) {
      if (!isTooMany(error)) serverFailures += 1
      const seconds = toldToWait(error)
      if (seconds !== undefined && isAllowed(error)) await sleep(seconds * 1000, undefined, signal && { signal })
    },
    // What Apple told us to wait is waited for already, in place of a growing wait.
    shouldConsumeRetry: ({ error }) => toldToWait(error) === undefined,
    shouldRetry: ({ error }) => isAllowed(error),
  })
}

function isAnotherChance(error: unknown): boolean {
  if (!(error instanceof AppleUnavailableError)) return false
  const isPassing = passing.includes(error.details.reason) || isTooMany(error) || Number(error.details.status) >= 500
  return isPassing && (toldToWait(error) ?? 0) <= maxWaitSeconds
}

function isTooMany(error: unknown): boolean {
  return error instanceof AppleUnavailableError && error.details.status === 429
}

/** How many seconds Apple told us to wait. */
function toldToWait(error: unknown): number | undefined {
  if (!(error instanceof AppleUnavailableError)) return undefined
  const { retryAfterSeconds } = error.details
  return typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined
}
