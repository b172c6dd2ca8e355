import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** One request. */
export interface HttpRequest {
  /** Default: GET. */
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | URLSearchParams | undefined
}

/** An answer that has been read to its end. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  /** Unpacked; undefined where there was none. */
  readonly body: Uint8Array<ArrayBuffer> | undefined
}

/** An answer of more bytes than are taken. */
export class TooLargeError extends Error {}

const unpack = promisify(gunzip)

/**
 * Sends one request over a kept connection (Node's global agents) and reads the answer, at most `maxBytes` of it packed
 * and unpacked. Node's own client costs less than the global `fetch`. Redirects are not followed; their bodies not read.
 *
 * Rejects with TooLargeError, or with what Node says; when `signal` aborts, too.
 */
export async function exchange(
  url: string,
  request: HttpRequest,
  signal: AbortSignal,
  maxBytes: number,
): Promise<HttpAnswer> {
  const answer = await send(url, request, signal, maxBytes)
  const encoding = answer.headers.get('content-encoding') ?? 'identity'
  if (answer.body === undefined || encoding === 'identity') return answer
  if (encoding !== 'gzip') throw new TypeError('the answer has a content encoding that was not asked for')
  return { ...answer, body: await unpackGzip(answer.body, maxBytes) }
}

function send(
  url: string,
  { method = 'GET', headers, body }: HttpRequest,
  signal: AbortSignal,
  maxBytes: number,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith('https:') ? requestHttps : requestHttp
    const form = body instanceof URLSearchParams ? { 'content-type': formType } : {}
    const allHeaders = { 'accept-encoding': 'gzip', ...form, ...headers }
    const request = open(url, { method, headers: allHeaders, signal }, (response) => {
      const { statusCode: status = 0 } = response
      const received = isRedirect(status) ? Promise.resolve(undefined) : receive(response, maxBytes)
      received
        .then((body) => {
          resolve({ status, headers: headersOf(response), body })
        })
        .catch(reject)
        .finally(() => {
          // Closes the connection of what was not read to its end.
          if (!response.readableEnded) request.destroy()
        })
    })
    request.on('error', reject)
    request.end(body?.toString())
  })
}

const formType = 'application/x-www-form-urlencoded;charset=UTF-8'

/** Is it a status that leads elsewhere? */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

function receive(response: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer<ArrayBuffer>[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer<ArrayBuffer>) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > maxBytes) reject(new TooLargeError())
    })
    response.on('error', reject)
    response.on('end', () => {
      resolve(chunks.length <= 1 ? chunks[0] : Buffer.concat(chunks, bytes))
    })
  })
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  }
  return headers
}

async function unpackGzip(packed: Uint8Array, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  try {
    return await unpack(packed, { maxOutputLength: maxBytes })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new TooLargeError() : error
  }
}
