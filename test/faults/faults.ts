import type { ServerResponse } from 'node:http'
import { Readable, pipeline } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { LoopbackApple, RecordedRequest } from '../support/loopback-apple.js'

/** How long a late answer is waited for in these tests, in milliseconds: short, so that they end soon. */
export const deadlineMs = 500

/**
 * A way in which an endpoint of Apple's fails that we ask: token, keys, revoke or the Roster API. The authorize endpoint
 * is none of them: the browser opens it.
 */
export interface Fault {
  readonly name: string
  readonly answer: (res: ServerResponse) => unknown
  /** Why there is no whole answer, as `details.reason` says it; undefined where there is one. */
  readonly reason?: 'timeout' | 'network' | 'too_large' | 'redirect'
  /** The status of the answer that cannot be used; undefined where there is none. */
  readonly status?: number
}

const json = { 'content-type': 'application/json' }
/** What must never be repeated, in each body. */
const body = `{"access_token":"a${'0'.repeat(32)}.0.never.shown"}`
/** Larger than any answer that is read. */
const packed = gzipSync(Buffer.alloc(20 * 1024 * 1024))

/** Every fault that an endpoint is put through. */
export const faults: readonly Fault[] = [
  { name: 'answers after the deadline', answer: answerLate, reason: 'timeout' },
  { name: 'says nothing', answer: () => undefined, reason: 'timeout' },
  {
    name: 'says nothing after the head',
    answer: (res) => {
      res.writeHead(200, json).flushHeaders()
    },
    reason: 'timeout',
  },
  { name: 'resets the connection', answer: (res) => res.socket?.resetAndDestroy(), reason: 'network' },
  {
    name: 'resets in the middle',
    answer: (res) => res.writeHead(200, json).write(body, () => res.socket?.resetAndDestroy()),
    reason: 'network',
  },
  {
    name: 'stops short',
    answer: (res) => res.writeHead(200, { ...json, 'content-length': '5000' }).write(body, () => res.destroy()),
    reason: 'network',
  },
  { name: 'floods', answer: flood, reason: 'too_large' },
  {
    name: 'packs a flood into little',
    answer: (res) => res.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(packed),
    reason: 'too_large',
  },
  {
    name: 'redirects by 302',
    answer: (res) => res.writeHead(302, { location: '/elsewhere' }).end(),
    reason: 'redirect',
  },
  {
    name: 'redirects by 307',
    answer: (res) => res.writeHead(307, { location: '/elsewhere' }).end(),
    reason: 'redirect',
  },
  {
    name: 'answers HTML',
    answer: (res) => res.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${body}</html>`),
    status: 200,
  },
  {
    name: 'answers 429',
    answer: (res) => res.writeHead(429, { ...json, 'x-retry-after': '3600' }).end(body),
    status: 429,
  },
  {
    name: 'answers 503',
    answer: (res) => res.writeHead(503, { 'retry-after': '1' }).end(`<html>${body}`),
    status: 503,
  },
]

/** `httpTimeoutMs` for a fault: what does not wait for the deadline is not to meet it on a slow machine either. */
export function deadlineFor({ reason }: Fault): number {
  return reason === 'timeout' ? deadlineMs : 5000
}

/** Strikes every request to a path that ends so. */
export function strike(apple: LoopbackApple, ending: string, fault: Fault): void {
  strikeWhere(apple, ({ path }) => (path.endsWith(ending) ? fault : undefined))
}

/** Strikes each request with the fault that `choose` gives for it; undefined spares it. */
export function strikeWhere(apple: LoopbackApple, choose: (request: RecordedRequest) => Fault | undefined): void {
  apple.misbehave = (request, res) => {
    const fault = choose(request)
    fault?.answer(res)
    return fault !== undefined
  }
}

/** What `details` say of a fault at the token and the revocation endpoint. */
export function detailsOf({ reason, status }: Fault): Record<string, unknown> {
  if (reason !== undefined) return { reason }
  return status === 200 ? {} : { reason: 'status', status }
}

/** The paths that Apple was asked for, one after the other. */
export function pathsAsked({ requests }: LoopbackApple): string[] {
  return requests.map(({ path }) => path)
}

function answerLate(res: ServerResponse): void {
  setTimeout(() => res.writeHead(200, json).end(body), 2 * deadlineMs).unref()
}

/** Ends only when the other side hangs up. */
function flood(res: ServerResponse): void {
  const chunk = body.repeat(1000)
  res.writeHead(200, json)
  pipeline(Readable.from(endless(chunk)), res, () => undefined)
}

function* endless(chunk: string): Generator<string> {
  for (;;) yield chunk
}
