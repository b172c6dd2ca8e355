import type { AppleAuthConfig } from '../config/config.js'
import { AppleUnavailableError } from '../errors.js'

/** What one call may take; its default fits Apple's authorization server. */
export interface FetchLimits {
  /** The largest answer read, in bytes, unpacked. Default: one mebibyte. */
  maxBytes?: number
  /** What errors call the endpoint, where its path should not be in them. Default: the path. */
  name?: string
}

/** Why there is no answer, as `details.reason` says it; only the first two may be different the next time. */
export type FetchFailure = 'timeout' | 'network' | 'redirect' | 'too_large'

/** An answer that has been read to its end. */
export interface BoundedAnswer {
  readonly status: number
  readonly headers: Headers
  /** Undefined where there was none. */
  readonly body: Uint8Array<ArrayBuffer> | undefined
}

/** `fetch` with a deadline over the whole answer, a size limit and no redirects. */
export interface BoundedFetch {
  (url: string, init: RequestInit, limits?: FetchLimits): Promise<Response>
  /** The same as bytes, for who reads many answers: a `Response` around them costs as much as reading them. */
  read(url: string, init: RequestInit, limits?: FetchLimits): Promise<BoundedAnswer>
}

/**
 * Makes the one `fetch` through which every call to Apple goes.
 *
 * The whole answer is read before it is handed on, so that slow or endless bodies end at the deadline too. When
 * `init.signal` aborts, the returned function rejects with the signal's reason.
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
    init: RequestInit,
    { maxBytes = 1024 * 1024, name = new URL(url).pathname }: FetchLimits = {},
  ): Promise<BoundedAnswer> {
    const { signal } = init
    signal?.throwIfAborted()
    const controller = new AbortController()
    const stop = (): void => {
      controller.abort()
    }
    const deadline = setTimeout(stop, timeoutMs)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      const response = await fetch(url, { ...init, redirect: 'manual', signal: controller.signal })
      const { status, headers } = response
      if (status >= 300 && status < 400) {
        await response.body?.cancel()
        throw unavailable(`Apple's ${name} answered with a redirect, which is never followed.`, 'redirect', { status })
      }
      return { status, headers, body: await readBounded(response, maxBytes, name) }
    } catch (error) {
      if (error instanceof AppleUnavailableError) throw error
      signal?.throwIfAborted()
      if (controller.signal.aborted) {
        throw unavailable(`Apple's ${name} did not answer within ${deadlineText}.`, 'timeout', {}, error)
      }
      throw unavailable(`Apple's ${name} could not be reached, or the answer broke off.`, 'network', {}, error)
    } finally {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', stop)
    }
  }

  async function boundedFetch(url: string, init: RequestInit, limits?: FetchLimits): Promise<Response> {
    const { status, headers, body = null } = await read(url, init, limits)
    return new Response(body, { status, headers })
  }

  return Object.assign(boundedFetch, { read })
}

async function readBounded(
  response: Response,
  maxBytes: number,
  name: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (response.body === null) return undefined
  // A reader costs less than iterating, and one chunk needs no joining.
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.length
    if (bytes > maxBytes) {
      // Closes the connection.
      await reader.cancel()
      throw unavailable(`Apple's ${name} answered with more than ${String(maxBytes)} bytes.`, 'too_large', { maxBytes })
    }
    chunks.push(next.value)
  }
  return chunks.length <= 1 ? chunks[0] : Buffer.concat(chunks, bytes)
}

function unavailable(
  message: string,
  reason: FetchFailure,
  details: Record<string, unknown>,
  cause?: unknown,
): AppleUnavailableError {
  return new AppleUnavailableError(message, { details: { reason, ...details }, cause })
}
