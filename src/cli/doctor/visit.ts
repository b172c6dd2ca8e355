import { type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** A page that was looked at. */
export interface Page {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Its beginning, 256 KiB at most. */
  readonly body: string
}

/** How to look at a page. */
export interface VisitOptions {
  /** Over the whole answer, in milliseconds. */
  readonly timeoutMs: number
  /** Default: none besides what every request has. `Host` may be one of them. */
  readonly headers?: Readonly<Record<string, string>>
}

const largestBytes = 256 * 1024

/**
 * Opens a page once as a browser would and follows no redirect. `fetch` would say `sec-fetch-mode: cors`, and lets nobody
 * choose the Host header.
 *
 * @throws Error with a `code` when there is no answer in time
 */
export function visit(url: string, { timeoutMs, headers = {} }: VisitOptions): Promise<Page> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  const sent = { accept: 'text/html', 'user-agent': 'express-apple-auth doctor', ...headers }
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const open = request(url, { headers: sent, agent: false, signal }, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      const finish = (): void => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() })
      }
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes < largestBytes) return
        finish()
        response.destroy()
      })
      response.once('end', finish).once('error', reject)
    })
    open.once('error', reject).end()
  })
}

/** The innermost code of what a request failed with, such as ENOTFOUND. */
export function failureCode(error: unknown): string {
  const { cause, code, name } = error as { cause?: unknown; code?: unknown; name?: unknown }
  if (code === 'ABORT_ERR' || name === 'TimeoutError') return 'no answer in time'
  if (typeof cause === 'object' && cause !== null) return failureCode(cause)
  return typeof code === 'string' ? code : 'unknown error'
}
