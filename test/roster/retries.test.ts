import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { AppleRosterError, AppleUnavailableError } from '../../src/index.js'
import { createBoundedFetch } from '../../src/apple/bounded-fetch.js'
import { createRosterClient } from '../../src/roster/roster-client.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { json, rejection, status, useRoster } from './use-roster.js'

const bench = useRoster()
const good = json({ id: 'u' })
/** Growing waits take up to seven seconds in all. */
const patience = 30_000

function bearers(): unknown[] {
  return bench.apple.requests.map(({ headers }) => headers.authorization)
}

describe('a refused access token', () => {
  it('is renewed once, and the request made again', async () => {
    bench.answerInTurn(status(401), good)
    expect(await bench.client().user('u')).toEqual({ id: 'u' })
    expect(bearers()).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(bench.renewals).toBe(1)
  })

  it('is told which one was refused', async () => {
    const rejected: string[] = []
    bench.answerInTurn(status(401), good)
    const renewed = (token: string): Promise<string> => {
      rejected.push(token)
      return Promise.resolve('another')
    }
    await bench.client({ current: () => Promise.resolve('first'), renewed }).user('u')
    expect(rejected).toEqual(['first'])
  })

  it('is not renewed twice', async () => {
    bench.answer(status(401))
    const error = await rejection(bench.client().user('u'))
    expect(error).toBeInstanceOf(AppleRosterError)
    expect(error).toMatchObject({ status: 424, appleStatus: 401, details: { path: '/users/{id}', attempts: 2 } })
    expect(bench.renewals).toBe(1)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('token-')
  })

  it('is not sent again where there is no other one', async () => {
    bench.answer(status(401))
    const same = (): Promise<string> => Promise.resolve('the one')
    expect(await rejection(bench.client({ current: same, renewed: same }).user('u'))).toMatchObject({
      appleStatus: 401,
    })
    expect(bench.paths).toHaveLength(1)
  })

  it.each(['current', 'renewed'] as const)(
    'lets what %s() rejects with through, untouched and untried',
    async (name) => {
      bench.answer(status(401))
      for (const reason of [new AppleUnavailableError('no', { details: { reason: 'network' } }), new Error('other')]) {
        let calls = 0
        const fail = async (): Promise<string> => {
          calls += 1
          await Promise.resolve()
          throw reason
        }
        expect(await rejection(bench.client({ ...bench.tokens, [name]: fail }).user('u'))).toBe(reason)
        expect(calls).toBe(1)
      }
      expect(bench.paths).toHaveLength(name === 'current' ? 0 : 2)
    },
  )
})

describe('an answer that nothing can mend', () => {
  it.each([400, 403, 404, 405, 410, 418, 422, 202, 204])('is a typed error at once: %d', async (code) => {
    bench.answer(status(code))
    expect(await rejection(bench.client().organization())).toMatchObject({
      code: 'ERR_APPLE_ROSTER',
      appleStatus: code,
      details: { attempts: 1 },
    })
    expect(bench.paths).toHaveLength(1)
  })

  it('is a redirect, which takes the access token nowhere', async () => {
    const elsewhere = await LoopbackApple.start()
    for (const code of [301, 302, 303, 307, 308]) {
      bench.answer(status(code, { location: `${elsewhere.url}/rosterapi/v1/users/u` }))
      expect(await rejection(bench.client().user('u'))).toMatchObject({
        code: 'ERR_APPLE_UNAVAILABLE',
        details: { reason: 'redirect', status: code, path: '/users/{id}', attempts: 1 },
      })
    }
    expect(bench.paths).toHaveLength(5)
    expect(elsewhere.requests).toEqual([])
    await elsewhere.stop()
  })
})

describe('429', () => {
  it.each([
    ['X-Retry-After', { 'x-retry-after': '0' }],
    ['X-Retry-After rather than Retry-After', { 'x-retry-after': '0', 'retry-after': '86400' }],
    ['Retry-After', { 'retry-after': '0' }],
    ['Retry-After where X-Retry-After cannot be read', { 'x-retry-after': 'soon', 'retry-after': '0' }],
    ['a date gone by', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }],
  ])('is followed by another attempt after %s', async (_name, headers) => {
    bench.answerInTurn(status(429, headers), good)
    expect(await bench.client().user('u')).toEqual({ id: 'u' })
    expect(bench.paths).toHaveLength(2)
  })

  it.each([
    ['seconds', () => '1'],
    ['a fraction of a second', () => '0.7'],
    ['an HTTP date', () => new Date(Date.now() + 1999).toUTCString()],
  ])('waits as long as it says by %s', async (_name, wait) => {
    bench.answerInTurn(status(429, { 'x-retry-after': wait() }), good)
    const start = performance.now()
    await bench.client().user('u')
    expect(performance.now() - start).toBeGreaterThan(600)
  })

  it('is tried five times and no more', async () => {
    bench.answer(status(429, { 'x-retry-after': '0' }))
    expect(await rejection(bench.client().user('u'))).toMatchObject({
      code: 'ERR_APPLE_ROSTER',
      appleStatus: 429,
      details: { attempts: 5, retryAfterSeconds: 0, path: '/users/{id}' },
    })
    expect(bench.paths).toHaveLength(5)
  })

  it.each([
    ['seconds', { 'x-retry-after': '86400' }, 86_400],
    ['a second too many', { 'x-retry-after': '61' }, 61],
    ['a date', { 'retry-after': 'Wed, 21 Oct 2122 07:28:00 GMT' }, expect.any(Number)],
  ])('is a typed error at once where it would take too long: %s', async (_name, headers, retryAfterSeconds) => {
    bench.answer(status(429, headers))
    expect(await rejection(bench.client().user('u'))).toMatchObject({
      appleStatus: 429,
      details: { attempts: 1, retryAfterSeconds },
    })
    expect(bench.paths).toHaveLength(1)
  })

  it.each([[{}], [{ 'x-retry-after': 'soon' }], [{ 'x-retry-after': '-1' }], [{ 'retry-after': 'Someday, 2030' }]])(
    'is waited for anyhow where it says nothing that can be read: %j',
    async (headers: Record<string, string>) => {
      bench.answerInTurn(status(429, headers), good)
      const start = performance.now()
      await bench.client().user('u')
      expect(performance.now() - start).toBeGreaterThan(450)
      expect(bench.paths).toHaveLength(2)
    },
  )

  it('and 5xx and 401 in one request share its attempts', async () => {
    const busy = status(429, { 'x-retry-after': '0' })
    bench.answerInTurn(busy, status(503), status(401), busy, good)
    expect(await bench.client().user('u')).toEqual({ id: 'u' })
    bench.answerInTurn(busy, busy, status(401), busy, busy, good)
    expect(await rejection(bench.client().user('u'))).toMatchObject({ appleStatus: 429, details: { attempts: 5 } })
  })
})

describe('no answer, or 5xx', () => {
  it('is tried again', async () => {
    bench.answerInTurn(status(500), (res) => res.socket?.resetAndDestroy(), good)
    expect(await bench.client().user('u')).toEqual({ id: 'u' })
  })

  it(
    'is tried three times more, and then a typed error',
    async () => {
      bench.answer((res, _index, { path }) => {
        if (path.endsWith('reset')) res.socket?.resetAndDestroy()
        else if (path.endsWith('short'))
          res.writeHead(200, { 'content-length': '100' }).write('{"id":', () => res.destroy())
        else if (!path.endsWith('hang')) res.writeHead(Number(path.slice(-3))).end('<html>')
      })
      const client = bench.client(bench.tokens, 300)
      const ids = ['500', '502', '503', '599', 'reset', 'short', 'hang']
      const nobody = await LoopbackApple.start()
      const nobodysUrl = nobody.url
      await nobody.stop()
      const lonely = createRosterClient(
        nobodysUrl,
        createBoundedFetch({ httpTimeoutMs: 300, envPrefix: '' }),
        bench.tokens,
      )
      const [alone, ...errors] = await Promise.all(
        [lonely.users().toArray(), ...ids.map((id) => client.user(id))].map(rejection),
      )
      expect(alone).toMatchObject({
        code: 'ERR_APPLE_UNAVAILABLE',
        details: { reason: 'network', attempts: 4, path: '/users' },
      })
      for (const [index, id] of ids.entries()) {
        const error = errors[index] as AppleRosterError
        expect(bench.paths.filter((path) => path.endsWith(id))).toHaveLength(4)
        expect(error.details).toMatchObject({ path: '/users/{id}', attempts: 4 })
        expect(error.message).not.toContain(`/users/${id}`)
        if (/\d/.test(id)) expect(error.appleStatus).toBe(Number(id))
        else expect(error).toBeInstanceOf(AppleUnavailableError)
      }
      expect((errors[6] as Error).message).toMatch(/did not answer within 300 ms .* \(attempt 4\)/)
    },
    patience,
  )

  it.each([429, 500])('is not tried again where a person waits: %d', async (code) => {
    bench.answer(status(code, { 'x-retry-after': '0' }))
    const fetch = createBoundedFetch({ httpTimeoutMs: 300, envPrefix: '' })
    const client = createRosterClient(bench.apple.url, fetch, bench.tokens, { triesAgain: false })
    expect(await rejection(client.organization())).toMatchObject({ appleStatus: code, details: { attempts: 1 } })
    expect(bench.paths).toHaveLength(1)
  })
})
