import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { type AppleAuth, appleAuth, AppleUnavailableError } from '../../src/index.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { goodOptions } from '../support/test-app.js'
import { freezeDate, moveDate, thawDate } from './clock.js'

let apple: LoopbackApple
let auth: AppleAuth

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(() => {
  freezeDate()
  auth = appleAuth({ ...goodOptions(apple.url, 'http://localhost:1'), httpTimeoutMs: 1000 })
})
afterEach(() => {
  thawDate()
  apple.reset()
})
afterAll(() => apple.stop())

const token = (): string => apple.idToken('com.example.web')
const verified = expect.objectContaining({ sub: '001883.fcc77ba97500402389df96821ad9c790.1517' })
const fetches = (): number => apple.requestsTo('/auth/keys').length

/** Has Apple's key endpoint answer so; anything else is answered as usual. */
function keysAnswer(answer: (res: ServerResponse) => void): void {
  apple.misbehave = ({ path }, res) => {
    if (!path.endsWith('/auth/keys')) return false
    answer(res)
    return true
  }
}

function json(res: ServerResponse, body: unknown, status = 200): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Writes for as long as somebody reads. */
function drip(res: ServerResponse, chunk: string, everyMs: number): void {
  res.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => res.write(chunk), everyMs)
  res.on('close', () => {
    clearInterval(timer)
  })
}

const outages: readonly (readonly [name: string, answer: (res: ServerResponse) => void])[] = [
  ['500', (res) => res.writeHead(500).end('<h1>Internal Server Error</h1>')],
  [
    '503 with good keys',
    (res) => {
      json(res, apple.jwks(), 503)
    },
  ],
  ['404', (res) => res.writeHead(404).end()],
  ['200 with HTML', (res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>Maintenance</html>')],
  ['200 with nothing', (res) => res.writeHead(200, { 'content-type': 'application/json' }).end()],
  ['204', (res) => res.writeHead(204).end()],
  [
    '200 with null',
    (res) => {
      json(res, null)
    },
  ],
  [
    '200 with an array',
    (res) => {
      json(res, apple.jwks().keys)
    },
  ],
  [
    'no keys',
    (res) => {
      json(res, {})
    },
  ],
  [
    'keys that are null',
    (res) => {
      json(res, { keys: null })
    },
  ],
  [
    'keys that are an object',
    (res) => {
      json(res, { keys: { first: apple.jwks().keys[0] } })
    },
  ],
  [
    'an empty list of keys',
    (res) => {
      json(res, { keys: [] })
    },
  ],
  [
    'ten thousand keys',
    (res) => {
      json(res, {
        keys: Array.from({ length: 10_000 }, (_, kid) => ({ kty: 'RSA', n: 'AQAD', e: 'AQAB', kid: String(kid) })),
      })
    },
  ],
  [
    '10 MB',
    (res) =>
      res
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ ...apple.jwks(), pad: 'x'.repeat(10_000_000) })),
  ],
  [
    'a drip without end',
    (res) => {
      drip(res, ' ', 10)
    },
  ],
  [
    'a flood without end',
    (res) => {
      drip(res, 'x'.repeat(100_000), 1)
    },
  ],
  ['nothing, ever', () => undefined],
  [
    'headers and then nothing',
    (res) => {
      res.writeHead(200).flushHeaders()
    },
  ],
  ['a reset', (res) => res.socket?.resetAndDestroy()],
  [
    'a body that breaks off',
    (res) => {
      res.writeHead(200, { 'content-length': '5000' }).write('{"keys":[')
      setTimeout(() => res.destroy(), 20)
    },
  ],
  [
    'bytes that are not the gzip they claim to be',
    (res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip'),
  ],
  ['302 to good keys elsewhere', (res) => res.writeHead(302, { location: `${apple.url}/elsewhere/keys` }).end()],
  ['307 to itself', (res) => res.writeHead(307, { location: `${apple.url}/auth/keys` }).end()],
]

describe.each(outages)("while Apple's key endpoint answers with %s (rows 98 to 100)", (_name, answer) => {
  it('nothing is verified by a cold start', async () => {
    keysAnswer(answer)
    const error: unknown = await auth.verifyIdToken(token()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AppleUnavailableError)
    expect((error as AppleUnavailableError).cause).toBeInstanceOf(AppleUnavailableError)
    expect(apple.requests).toHaveLength(1)
  })

  it('the keys fetched before go on serving', async () => {
    await auth.verifyIdToken(token())
    keysAnswer(answer)
    moveDate({ hours: 12 })
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
    expect(fetches()).toBe(2)
    expect(apple.requests).toHaveLength(2)
  })
})

describe("while Apple's key endpoint is down", () => {
  const down = (res: ServerResponse): void => {
    res.writeHead(500).end()
  }

  it('old keys serve for a bounded time only', async () => {
    await auth.verifyIdToken(token())
    keysAnswer(down)
    moveDate({ hours: 23 })
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
    moveDate({ hours: 2 })
    await expect(auth.verifyIdToken(token())).rejects.toThrow(AppleUnavailableError)
  })

  it('an outage is not made worse: one request in each cool-down, however many tokens come', async () => {
    await auth.verifyIdToken(token())
    keysAnswer(down)
    moveDate({ hours: 7 })
    for (let count = 0; count < 50; count++) await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
    expect(fetches()).toBe(2)
    moveDate({ seconds: 25 })
    await auth.verifyIdToken(token())
    expect(fetches()).toBe(2)
    moveDate({ seconds: 6 })
    await auth.verifyIdToken(token())
    expect(fetches()).toBe(3)
  })

  it('cold requests at the same time share one failure', async () => {
    keysAnswer(down)
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => auth.verifyIdToken(token())))
    expect(
      results.every((result) => result.status === 'rejected' && result.reason instanceof AppleUnavailableError),
    ).toBe(true)
    expect(fetches()).toBe(1)
  })

  it('logins work again within seconds of its recovery, also where no key was ever fetched', async () => {
    keysAnswer(down)
    for (let count = 0; count < 10; count++) {
      await expect(auth.verifyIdToken(token())).rejects.toThrow(AppleUnavailableError)
    }
    expect(fetches()).toBe(1)
    apple.misbehave = () => false
    moveDate({ seconds: 3 })
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
    expect(fetches()).toBe(2)
  })

  it('an unknown kid is no reason to forget the known ones', async () => {
    await auth.verifyIdToken(token())
    keysAnswer(down)
    moveDate({ minutes: 1 })
    const forged = apple.idToken('com.example.web', { header: { kid: 'madeup' } })
    await expect(auth.verifyIdToken(forged)).rejects.toMatchObject({ code: 'ERR_APPLE_UNAVAILABLE' })
    await expect(auth.verifyIdToken(forged)).rejects.toMatchObject({ code: 'ERR_APPLE_UNAVAILABLE' })
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
  })
})
