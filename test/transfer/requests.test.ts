import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { AppleTokenError, AppleUnavailableError } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { rejectionOf } from '../support/schools.js'
import { p8 } from '../support/test-app.js'
import { type Answer, hang, json, moved, reset, status, token, useMigration } from './migration-bench.js'
import { takerTeam } from './two-teams.js'

const bench = useMigration()

function bearers(): unknown[] {
  return bench.migrationRequests.map(({ headers }) => headers.authorization)
}

describe('transferSub', () => {
  it('asks as Apple documents it, with the team’s access token', async () => {
    expect(await bench.transferSub('001883.abc=/+.1517')).toBe('moved-001883.abc=/+.1517')
    const [asked] = bench.tokenRequests
    expect(Object.fromEntries(asked?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      scope: 'user.migration',
      client_id: 'com.example.web',
      client_secret: expect.stringMatching(/^eyJ/),
    })
    const [request] = bench.migrationRequests
    expect(request?.path).toBe('/auth/usermigrationinfo')
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer team-token-0',
      'content-type': expect.stringMatching(/^application\/x-www-form-urlencoded/),
    })
    expect(Object.fromEntries(request?.form ?? [])).toEqual({
      sub: '001883.abc=/+.1517',
      target: takerTeam,
      client_id: 'com.example.web',
      client_secret: asked?.form.get('client_secret'),
    })
  })
})

describe('exchange', () => {
  it.each([
    [{ sub: 'a' }, { sub: 'a', isPrivateEmail: false }],
    [
      { sub: 'a', email: 'x@privaterelay.appleid.com', is_private_email: true },
      { sub: 'a', email: 'x@privaterelay.appleid.com', isPrivateEmail: true },
    ],
    [
      { sub: 'a', email: 'x@privaterelay.appleid.com', is_private_email: 'true' },
      { sub: 'a', email: 'x@privaterelay.appleid.com', isPrivateEmail: true },
    ],
    [
      { sub: 'a', email: 7, is_private_email: 'false', role: 'admin' },
      { sub: 'a', isPrivateEmail: false },
    ],
  ])('reads %j', async (body, user) => {
    bench.answer('migration', json(body))
    expect(await bench.instance().transfer.exchange('t')).toEqual(user)
    const [request] = bench.migrationRequests
    expect([...(request?.form.keys() ?? [])].sort()).toEqual(['client_id', 'client_secret', 'transfer_sub'])
    expect(request?.form.get('transfer_sub')).toBe('t')
  })
})

describe('the team’s access token', () => {
  it('is asked for once, however many wait for it, and kept until a minute before its end', async () => {
    const { transfer } = bench.instance()
    const ask = (): Promise<string> => transfer.transferSub('a', takerTeam)
    await Promise.all(Array.from({ length: 10 }, ask))
    await withClockAhead(3530, ask)
    expect(bench.tokenRequests).toHaveLength(1)
    await withClockAhead(3550, ask)
    expect(bench.tokenRequests).toHaveLength(2)
    expect(bearers().at(-1)).toBe('Bearer team-token-1')
  })

  const refusals: [string, Answer][] = [
    ['401', status(401)],
    ['401 and invalid_token', json({ error: 'invalid_token' }, 401)],
    ['400 and invalid_token', json({ error: 'invalid_token' }, 400)],
  ]
  it.each(refusals)('is renewed once for all when Apple answers %s', async (_name, refusal) => {
    bench.answer('migration', (res, index, request) => {
      const isRefused = request.headers.authorization === 'Bearer team-token-0'
      const isLate = isRefused && request.form.get('sub') === 'e'
      setTimeout(() => (isRefused ? refusal : moved)(res, index, request), isLate ? 200 : 0)
    })
    const { transfer } = bench.instance()
    const subs = ['a', 'b', 'c', 'd', 'e']
    const all = await Promise.all(subs.map((sub) => transfer.transferSub(sub, takerTeam)))
    expect(all).toEqual(subs.map((sub) => `moved-${sub}`))
    expect(bench.tokenRequests).toHaveLength(2)
  })

  it.each(refusals)('is not renewed twice, and nobody is to blame: %s', async (_name, refusal) => {
    bench.answer('migration', refusal)
    const error = await rejectionOf(bench.transferSub())
    expect(error).toMatchObject({ code: 'ERR_APPLE_TOKEN', appleError: 'invalid_token' })
    expect(error.details).not.toHaveProperty('sub')
    expect(bearers()).toEqual(['Bearer team-token-0', 'Bearer team-token-1'])
  })

  it('is not renewed twice, whatever comes between', async () => {
    bench.answer('migration', status(401), status(503, { 'retry-after': '0' }), status(401))
    expect(await rejectionOf(bench.transferSub())).toMatchObject({ appleError: 'invalid_token' })
    expect(bench.migrationRequests).toHaveLength(3)
    expect(bench.tokenRequests).toHaveLength(2)
  })

  it('is asked for again after a failure that passes', async () => {
    bench.answer('token', status(500), reset, token())
    expect(await bench.transferSub('a')).toBe('moved-a')
    expect(bench.tokenRequests).toHaveLength(3)
  })

  it('is asked for when Apple says after 429', async () => {
    bench.answer('token', status(429, { 'retry-after': '1' }), token())
    const start = performance.now()
    await bench.transferSub()
    expect(performance.now() - start).toBeGreaterThan(990)
  })
})

describe('a refusal', () => {
  it('of the app says what to check, and shows no secret', async () => {
    for (const endpoint of ['token', 'migration'] as const) {
      bench.answer(endpoint, (res, index, request) => {
        const sent = `${String(request.headers.authorization)} ${String(request.form.get('client_secret'))}`
        json({ error: 'invalid_client', error_description: sent }, 400)(res, index, request)
      })
      const error = await rejectionOf(bench.transferSub())
      expect(error).toBeInstanceOf(AppleTokenError)
      expect(error).toMatchObject({
        appleError: 'invalid_client',
        status: 424,
        details: { status: 400, clientSecret: { kid: 'KEY1234567' }, checklist: expect.any(Array) },
      })
      expect(error.details).not.toHaveProperty('sub')
      const secret = bench.tokenRequests[0]?.form.get('client_secret') ?? ''
      const shown = inspect(error, { depth: Infinity, showHidden: true })
      for (const each of [...secret.split('.').slice(1), 'team-token', p8.split('\n')[1] ?? '']) {
        expect(shown).not.toContain(each)
      }
      bench.answer('token', token())
    }
    expect(bench.migrationRequests).toHaveLength(1)
  })

  it('of a person says who it is', async () => {
    bench.answer('migration', json({ error: 'invalid_request' }, 400))
    const { transfer } = bench.instance()
    expect(await rejectionOf(transfer.transferSub('somebody', takerTeam))).toMatchObject({
      code: 'ERR_APPLE_TOKEN',
      appleError: 'invalid_request',
      details: { sub: 'somebody', targetTeamId: takerTeam },
    })
    expect(await rejectionOf(transfer.exchange('on-the-way'))).toMatchObject({ details: { transferSub: 'on-the-way' } })
    expect(bench.migrationRequests).toHaveLength(2)
  })
})

describe('an answer that nothing can mend', () => {
  it.each<[string, Answer, object, RegExp]>([
    ['404, as of an endpoint that is out of use', status(404), { reason: 'status', status: 404 }, /60 days/],
    ['403 with something that is no JSON', (res) => res.writeHead(403).end('<html>'), { status: 403 }, /403/],
    ['400 without an error', json({}, 400), { status: 400 }, /400/],
    ['a redirect', status(302, { location: 'http://127.0.0.1:1/' }), { reason: 'redirect' }, /redirect/],
    ['no JSON', (res) => res.end('<html>'), {}, /another form/],
    ['a list', json([]), {}, /another form/],
    ['JSON without a transfer_sub', json({ sub: 'a' }), {}, /another form/],
    ['an empty transfer_sub', json({ transfer_sub: '' }), {}, /another form/],
    ['a transfer_sub without an end', json({ transfer_sub: 'x'.repeat(256) }), {}, /another form/],
    ['a body without an end', (res) => res.end('x'.repeat(1024 * 1024 + 1)), { reason: 'too_large' }, /1048576 bytes/],
    ['429 with a wait that is too long', status(429, { 'retry-after': '61' }), { retryAfterSeconds: 61 }, /429/],
    ['503 with a wait that is too long', status(503, { 'retry-after': '3600' }), { status: 503 }, /503/],
  ])('is a typed error at once: %s', async (_name, answer, details, message) => {
    bench.answer('migration', answer)
    const error = await rejectionOf(bench.transferSub())
    expect(error).toBeInstanceOf(AppleUnavailableError)
    expect(error).toMatchObject({ details: { ...details, sub: 'somebody' }, message: expect.stringMatching(message) })
    expect(bench.migrationRequests).toHaveLength(1)
  })

  it('is an exchange without a sub', async () => {
    bench.answer('migration', json({ email: 'x@privaterelay.appleid.com', is_private_email: true }))
    expect(await rejectionOf(bench.instance().transfer.exchange('t'))).toMatchObject({
      code: 'ERR_APPLE_UNAVAILABLE',
      details: { transferSub: 't' },
    })
  })
})

describe('an answer that may pass', () => {
  it.each([
    ['429, when Apple says', status(429, { 'retry-after': '1' }), 990],
    ['429, by Apple’s other header', status(429, { 'x-retry-after': '1' }), 990],
    ['503, when Apple says', status(503, { 'retry-after': '1' }), 990],
    ['429 without a word', status(429), 490],
    ['500', status(500), 490],
    ['a connection that breaks', reset, 490],
    ['none at all', hang, 490],
  ])('is waited for: %s', async (_name, answer, atLeastMs) => {
    bench.answer('migration', answer, moved)
    const start = performance.now()
    expect(await bench.transferSub('a', { httpTimeoutMs: 300 })).toBe('moved-a')
    expect(performance.now() - start).toBeGreaterThan(atLeastMs)
    expect(bench.migrationRequests).toHaveLength(2)
  })

  it('is not waited for without an end', async () => {
    bench.answer('migration', status(429, { 'retry-after': '0' }))
    expect(await rejectionOf(bench.transferSub())).toMatchObject({ details: { status: 429 } })
    expect(bench.migrationRequests).toHaveLength(5)
    bench.apple.requests.length = 0
    bench.answer('migration', status(503, { 'retry-after': '0' }))
    expect(await rejectionOf(bench.transferSub())).toMatchObject({ details: { status: 503, sub: 'somebody' } })
    expect(bench.migrationRequests).toHaveLength(4)
  })
})
