import type { AppleAuthConfig } from '../config/config.js'
import { AppleUnavailableError } from '../errors.js'
import {
  exchange,
  type HttpAnswer,
  type HttpRequest,
  isRedirect,
  TooLargeError,
  TooLateError,
} from './http-exchange.js'

/** What one call may take; its default fits Apple's authorization server. */
export interface FetchLimits {
  /** The largest answer read, in bytes, unpacked. Default: one mebibyte. */
  maxBytes?: number
  /** What errors call the endpoint, where its path should not be in them. Default: the path. */
  name?: string
}

/** Why there is no answer, as `details.reason` says it; only the first two may be different the next time. */
export type FetchFailure = 'timeout' | 'network' | 'redirect' | 'too_large'

/** One call to Apple. */
export interface BoundedRequest extends HttpRequest {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Calls Apple, with a deadline over the whole answer, a size limit and no redirects. */
export interface BoundedFetch {
  (url: string, request: BoundedRequest, limits?: FetchLimits): Promise<Response>
  /** The same as bytes, for who reads many answers: a `Response` around them costs as much as reading them. */
  read(url: string, request: BoundedRequest, limits?: FetchLimits): Promise<HttpAnswer>
}

/**
 * Makes the one function through which every call to Apple goes.
 *
 * The whole answer is read before it is handed on, so that slow or endless bodies end at the deadline too. When
 * `signal` aborts, the returned function rejects with the signal's reason.
 *
 * @throws AppleUnavailableError (from the returned function) for no answer, a late, oversized or redirected one
 */
export function createBoundedFetch({
  httpTimeoutMs: timeoutMs,
  envPrefix,
}: Pick<AppleAuthConfig, 'httpTimeoutMs' | 'envPrefix'>): BoundedFetch {
  const deadlineText = `${String(timeoutMs)} ms (httpTimeoutMs, ${envPrefix}HTTP_TIMEOUT_MS)`

  async function read(
    url: string,
    { signal, ...request }: BoundedRequest,
    { maxBytes = 1024 * 1024, name }: FetchLimits = {},
  ): Promise<HttpAnswer> {
    signal?.throwIfAborted()
    const failed = (
      what: string,
      ...about: [FetchFailure, Record<string, unknown>?, unknown?]
    ): AppleUnavailableError => unavailable(`Apple's ${name ?? new URL(url).pathname} ${what}.`, ...about)
    const answer = await exchange(url, request, { timeoutMs, maxBytes, signal }).catch((error: unknown) => {
      signal?.throwIfAborted()
      if (error instanceof TooLateError) throw failed(`did not answer within ${deadlineText}`, 'timeout', {}, error)
      if (error instanceof TooLargeError) {
        throw failed(`answered with more than ${String(maxBytes)} bytes`, 'too_large', { maxBytes })
      }
      throw failed('could not be reached, or the answer broke off', 'network', {}, error)
    })
    const { status } = answer
    if (isRedirect(status)) throw failed('answered with a redirect, which is never followed', 'redirect', { status })
    return answer
  }

  async function boundedFetch(url: string, request: BoundedRequest, limits?: FetchLimits): Promise<Response> {
    const { status, headers, body = null } = await read(url, request, limits)
    // A Response takes no status above it, and all of those say that the server fails.
    return new Response(body, { status: Math.min(status, 599), headers })
  }

  return Object.assign(boundedFetch, { read })
}

function unavailable(
  message: string,
  reason: FetchFailure,
  details: Record<string, unknown> = {},
  cause?: unknown,
): AppleUnavailableError {
  return new AppleUnavailableError(message, { details: { reason, ...details }, cause })
}
