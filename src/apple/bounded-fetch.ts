import type { AppleAuthConfig } from '../config/config.js'
import { AppleUnavailableError } from '../errors.js'

/** The largest answer read from Apple, in bytes. */
const maxBytes = 1024 * 1024

/** `fetch` with a deadline over the whole answer, a size limit and no redirects. */
export type BoundedFetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * Makes the one `fetch` through which every call to Apple goes.
 *
 * The whole answer is read before it is handed on, so that slow or endless bodies end at the deadline too.
 *
 * @throws AppleUnavailableError (from the returned function) for no answer, a late, oversized or redirected one
 */
export function createBoundedFetch({
  httpTimeoutMs: timeoutMs,
  envPrefix,
}: Pick<AppleAuthConfig, 'httpTimeoutMs' | 'envPrefix'>): BoundedFetch {
  return async function boundedFetch(url, init) {
    const signal = AbortSignal.timeout(timeoutMs)
    const { pathname } = new URL(url)
    try {
      const response = await fetch(url, { ...init, redirect: 'manual', signal })
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel()
        throw new AppleUnavailableError(`Apple's ${pathname} answered with a redirect, which is never followed.`, {
          details: { status: response.status },
        })
      }
      const body = await readBounded(response, pathname)
      return new Response(body.length === 0 ? null : body, { status: response.status, headers: response.headers })
    } catch (error) {
      if (error instanceof AppleUnavailableError) throw error
      if (signal.aborted) {
        throw new AppleUnavailableError(
          `Apple's ${pathname} did not answer within ${String(timeoutMs)} ms (httpTimeoutMs, ${envPrefix}HTTP_TIMEOUT_MS).`,
          { cause: error },
        )
      }
      throw new AppleUnavailableError(`Apple's ${pathname} could not be reached, or the answer broke off.`, {
        cause: error,
      })
    }
  }
}

async function readBounded(response: Response, pathname: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      // Leaving the loop cancels the body and with it the connection.
      throw new AppleUnavailableError(`Apple's ${pathname} answered with more than ${String(maxBytes)} bytes.`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
