import { type ClientRequest, request as requestHttp, type IncomingMessage } from 'node:http'
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
  /** Empty where there was none. */
  readonly contentType: string
  /** Made when it is asked for. */
  readonly headers: Headers
  /** Unpacked; undefined where there was none. */
  readonly body: Uint8Array<ArrayBuffer> | undefined
}

/** What a request may take. */
export interface HttpBounds {
  /** For the whole answer, in milliseconds. */
  readonly timeoutMs: number
  /** Of the answer, packed and unpacked. */
  readonly maxBytes: number
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined
}

/** An answer of more bytes than are taken. */
export class TooLargeError extends Error {}

/** No answer, or not the whole of it, in time. */
export class TooLateError extends Error {}

const unpack = promisify(gunzip)

/**
 * Sends one request over a kept connection (Node's global agents) and reads the answer. Node's own client costs less than
 * the global `fetch`. Redirects are not followed; their bodies not read.
 *
 * Rejects with TooLateError, TooLargeError, the signal's reason, or with what Node says.
 */
export async function exchange(url: string, request: HttpRequest, bounds: HttpBounds): Promise<HttpAnswer> {
  const { response, body } = await send(url, request, bounds)
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (body === undefined || encoding === 'identity') return answerOf(response, body)
  if (encoding !== 'gzip') throw new TypeError('the answer has a content encoding that was not asked for')
  return answerOf(response, await unpackGzip(body, bounds.maxBytes))
}

interface Received {
  readonly response: IncomingMessage
  /** As it came. */
  readonly body: Uint8Array<ArrayBuffer> | undefined
}

function answerOf(response: IncomingMessage, body: Received['body']): HttpAnswer {
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    get headers() {
      return headersOf(response)
    },
    body,
  }
}

async function send(url: string, request: HttpRequest, bounds: HttpBounds): Promise<Received> {
  const { timeoutMs, maxBytes, signal } = bounds
  let end = (_reason: Error): void => undefined
  const abort = (): void => {
    end(signal?.reason as Error)
  }
  const deadline = setTimeout(() => {
    end(new TooLateError('no whole answer in time'))
  }, timeoutMs)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await new Promise((resolve, reject) => {
      const sent = open(url, request, (response) => {
        const received = isRedirect(response.statusCode ?? 0) ? Promise.resolve(undefined) : receive(response, maxBytes)
        received
          .then((body) => {
            resolve({ response, body })
          })
          .catch(reject)
          .finally(() => {
            // Closes the connection of what was not read to its end.
            if (!response.readableEnded) sent.destroy()
          })
      })
      end = (reason) => {
        reject(reason)
        sent.destroy()
      }
      sent.on('error', reject)
      sent.end(request.body?.toString())
    })
  } finally {
    clearTimeout(deadline)
    signal?.removeEventListener('abort', abort)
  }
}

function open(
  url: string,
  { method = 'GET', headers, body }: HttpRequest,
  answered: (response: IncomingMessage) => void,
): ClientRequest {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  const form = body instanceof URLSearchParams ? { 'content-type': formType } : {}
  return request(url, { method, headers: { 'accept-encoding': 'gzip', ...form, ...headers } }, answered)
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
