import { getEventListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { type BoundedRequest, createBoundedFetch } from '../../src/apple/bounded-fetch.js'
import { AppleUnavailableError } from '../../src/index.js'
import { LoopbackApple } from '../support/loopback-apple.js'

const boundedFetch = createBoundedFetch({ httpTimeoutMs: 300, envPrefix: 'APPLE_SCHOOL_' })
const mebibyte = 1024 * 1024
let apple: LoopbackApple

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
afterEach(() => {
  apple.reset()
})
afterAll(() => apple.stop())

function answerWith(answer: (res: ServerResponse) => unknown): void {
  apple.misbehave = (_req, res) => {
    answer(res)
    return true
  }
}

async function failure(path = '/some/path?code=secret', init: BoundedRequest = {}): Promise<AppleUnavailableError> {
  const error: unknown = await boundedFetch(`${apple.url}${path}`, init).catch((reason: unknown) => reason)
  if (error instanceof AppleUnavailableError) return error
  throw new Error('no AppleUnavailableError', { cause: error })
}

describe('boundedFetch', () => {
  it('hands on status, headers and body', async () => {
    answerWith((res) => res.writeHead(418, { 'x-answer': 'yes', 'content-type': 'application/json' }).end('{"a":1}'))
    const response = await boundedFetch(`${apple.url}/any`, {})
    expect(response.status).toBe(418)
    expect(response.headers.get('x-answer')).toBe('yes')
    expect(await response.json()).toEqual({ a: 1 })
  })

  it('hands on the request as it is', async () => {
    const body = new URLSearchParams({ a: '1' })
    await boundedFetch(`${apple.url}/any`, { method: 'POST', body, headers: { 'x-question': 'yes' } })
    const [request] = apple.requests
    expect(request?.form.get('a')).toBe('1')
    expect(request?.headers['x-question']).toBe('yes')
  })

  it('hands on an answer without a body', async () => {
    answerWith((res) => res.writeHead(204).end())
    const response = await boundedFetch(`${apple.url}/any`, {})
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
  })

  it('unpacks a body, however the encoding is spelt', async () => {
    answerWith((res) => res.writeHead(200, { 'content-encoding': 'GZIP' }).end(gzipSync('unpacked')))
    expect(await (await boundedFetch(`${apple.url}/any`, {})).text()).toBe('unpacked')
  })

  it('takes a status that HTTP does not know for a failure of the server', async () => {
    answerWith((res) => res.writeHead(999).end('{}'))
    expect((await boundedFetch(`${apple.url}/any`, {})).status).toBe(599)
  })

  it('takes a body of exactly one MiB', async () => {
    answerWith((res) => res.end('x'.repeat(mebibyte)))
    const response = await boundedFetch(`${apple.url}/any`, {})
    expect(await response.text()).toHaveLength(mebibyte)
  })

  it.each([
    ['a body one byte longer', (res: ServerResponse) => res.end('x'.repeat(mebibyte + 1))],
    [
      'a small body that unpacks to more',
      (res: ServerResponse) =>
        res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(5 * mebibyte))),
    ],
  ])('refuses %s', async (_name, answer) => {
    answerWith(answer)
    expect((await failure()).message).toContain(`more than ${String(mebibyte)} bytes`)
  })

  it('refuses an encoding that it did not ask for', async () => {
    answerWith((res) => res.writeHead(200, { 'content-encoding': 'br' }).end('x'))
    expect((await failure()).details.reason).toBe('network')
    expect(apple.requests[0]?.headers['accept-encoding']).toBe('gzip')
  })

  it('keeps the connection for the next call', async () => {
    const ports: unknown[] = []
    answerWith((res) => {
      ports.push(res.socket?.remotePort)
      res.end('good')
    })
    await boundedFetch(`${apple.url}/any`, {})
    await boundedFetch(`${apple.url}/any`, { method: 'POST', body: 'code=c' })
    expect(ports[1]).toBe(ports[0])
  })

  it('closes the connection on what is too long', async () => {
    const closed = new Promise((resolve) => {
      answerWith((res) => {
        res.on('close', resolve)
        const flood = setInterval(() => res.write('x'.repeat(100_000)), 1)
        res.on('close', () => {
          clearInterval(flood)
        })
      })
    })
    await failure()
    await closed
  })

  it.each([301, 302, 303, 307, 308])('follows no redirect of status %d', async (status) => {
    answerWith((res) => res.writeHead(status, { location: `${apple.url}/elsewhere` }).end())
    const error = await failure()
    expect(error.message).toContain('redirect')
    expect(error.details).toEqual({ reason: 'redirect', status })
    expect(apple.requests.map(({ path }) => path)).toEqual(['/some/path?code=secret'])
  })

  it('sends no body and no header after a redirect of a POST', async () => {
    answerWith((res) => res.writeHead(307, { location: `${apple.url}/elsewhere` }).end())
    await failure('/token', { method: 'POST', body: 'client_secret=s', headers: { authorization: 'Bearer t' } })
    expect(apple.requests).toHaveLength(1)
  })

  it.each([
    ['sends nothing', () => undefined],
    [
      'sends headers alone',
      (res: ServerResponse) => {
        res.writeHead(200).flushHeaders()
      },
    ],
    ['stops in the middle of the body', (res: ServerResponse) => res.writeHead(200).write('{"a":')],
    [
      'sends one byte after the other',
      (res: ServerResponse) => {
        const timer = setInterval(() => res.write(' '), 20)
        res.on('close', () => {
          clearInterval(timer)
        })
      },
    ],
  ])('ends at the deadline when Apple %s', async (_name, answer) => {
    answerWith(answer)
    expect((await failure()).message).toMatch(/did not answer within 300 ms.*APPLE_SCHOOL_HTTP_TIMEOUT_MS/)
  })

  it.each([
    ['resets the connection', (res: ServerResponse) => res.socket?.resetAndDestroy()],
    ['closes the connection', (res: ServerResponse) => res.socket?.destroy()],
    [
      'breaks off in the middle',
      (res: ServerResponse) => {
        res.writeHead(200, { 'content-length': '100' }).write('{"a":')
        setTimeout(() => res.destroy(), 20)
      },
    ],
    ['speaks no HTTP', (res: ServerResponse) => res.socket?.end('hello\r\n\r\n')],
  ])('says that Apple could not be reached when it %s', async (_name, answer) => {
    answerWith(answer)
    const error = await failure()
    expect(error.message).toContain('could not be reached')
    expect(error.cause).toBeDefined()
  })

  it('says that Apple could not be reached when nobody listens', async () => {
    const gone = await LoopbackApple.start()
    const { url } = gone
    await gone.stop()
    await expect(boundedFetch(`${url}/keys`, {})).rejects.toThrow("Apple's /keys could not be reached")
  })

  it('names the path and nothing of the query in its error', async () => {
    answerWith((res) => res.socket?.destroy())
    const error = await failure()
    expect(error.message).toContain('/some/path')
    expect(error.message).not.toContain('secret')
  })

  it('says in one word why there is no answer', async () => {
    const answers: [string, (res: ServerResponse) => unknown][] = [
      ['too_large', (res) => res.end('x'.repeat(mebibyte + 1))],
      ['network', (res) => res.socket?.destroy()],
      ['timeout', () => undefined],
    ]
    for (const [reason, answer] of answers) {
      answerWith(answer)
      expect((await failure()).details.reason).toBe(reason)
    }
  })

  it('takes another size and another name for one call', async () => {
    answerWith((res) => res.end('x'.repeat(11)))
    const limits = { maxBytes: 10, name: '/users/{id}' }
    await expect(boundedFetch(`${apple.url}/users/1`, {}, limits)).rejects.toThrow(
      "Apple's /users/{id} answered with more than 10 bytes.",
    )
    expect(await (await boundedFetch(`${apple.url}/users/1`, {}, { maxBytes: 11 })).text()).toHaveLength(11)
  })

  it('reads an answer as bytes, from one chunk, many or none', async () => {
    for (const chunks of [[], ['one'], ['one', 'two', 'three']]) {
      answerWith((res) => void sendSlowly(res, chunks))
      const { status, headers, body } = await boundedFetch.read(`${apple.url}/any`, {})
      expect([status, headers.get('x-answer')]).toEqual([202, 'yes'])
      expect(Buffer.from(body ?? []).toString()).toBe(chunks.join(''))
    }
  })
})

describe('boundedFetch under a signal', () => {
  const silences: [string, (res: ServerResponse) => unknown][] = [
    ['before the answer', () => undefined],
    ['within the body', (res) => res.writeHead(200).write('{"a":')],
  ]

  it.each(silences)('rejects with its reason when it aborts %s, and closes the connection', async (_name, answer) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const closed = new Promise((resolve) => {
      answerWith((res) => {
        res.on('close', resolve)
        answer(res)
        setTimeout(() => {
          controller.abort(reason)
        }, 50)
      })
    })
    const call = boundedFetch(`${apple.url}/any`, { signal: controller.signal })
    await expect(call).rejects.toBe(reason)
    await closed
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('asks nothing when it has aborted before', async () => {
    await expect(boundedFetch(`${apple.url}/any`, { signal: AbortSignal.abort('a text') })).rejects.toBe('a text')
    expect(apple.requests).toEqual([])
  })

  it('leaves no listener on it, whatever became of the call', async () => {
    const { signal } = new AbortController()
    answerWith((res) => res.end('good'))
    await boundedFetch(`${apple.url}/any`, { signal })
    answerWith((res) => res.socket?.destroy())
    await failure('/any', { signal })
    answerWith(() => undefined)
    expect((await failure('/any', { signal })).message).toContain('within 300 ms')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

async function sendSlowly(res: ServerResponse, chunks: readonly string[]): Promise<void> {
  res.writeHead(202, { 'x-answer': 'yes' })
  for (const chunk of chunks) {
    res.write(chunk)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  res.end()
}
