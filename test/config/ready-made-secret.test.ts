import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { AppleConfigError } from '../../src/index.js'
import { freezeDate, moveDate, thawDate } from '../apple/clock.js'
import { signIn } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { p8, TestApp } from '../support/test-app.js'
import { configure, good, type Loose, problemsOf } from './environment.js'
import { makeSecret, type SecretParts } from './make-secret.js'

const day = 86_400
// Tests get a copy of `process` from Jest: what is emitted reaches the real one's listeners alone.
const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)

beforeEach(freezeDate)
afterEach(() => {
  thawDate()
  emitWarning.mockClear()
})
afterAll(() => {
  emitWarning.mockRestore()
})

const withSecret = (clientSecret: unknown): Record<string, unknown> => ({
  privateKey: undefined,
  teamId: undefined,
  keyId: undefined,
  clientSecret,
})

function take(parts: SecretParts, changes: Loose = {}): void {
  configure({ ...good, ...withSecret(makeSecret(parts)), ...changes })
}

describe('appleAuth({ clientSecret })', () => {
  it('takes a ready-made one without teamId and keyId, in silence', () => {
    take({})
    expect(emitWarning).not.toHaveBeenCalled()
  })

  it('takes one from the variable, with spaces around it', () => {
    const variables = { APPLE_CLIENT_SECRET: ` ${makeSecret()}\n` }
    expect(() => configure({ ...good, ...withSecret(undefined) }, variables)).not.toThrow()
  })

  it('takes one beside teamId and keyId', () => {
    expect(() => {
      take({}, { teamId: good.teamId, keyId: good.keyId })
    }).not.toThrow()
  })

  it.each<[string, SecretParts, RegExp]>([
    ['has expired', { endsIn: -1 }, /expired/],
    ['ends this very second', { endsIn: 0 }, /expired/],
    ['has no end', { claims: { exp: undefined } }, /expired/],
    ['has an end that is no number', { claims: { exp: '2999-01-01' } }, /expired/],
    ['ends after more than six months', { endsIn: 15_777_001 }, /six months/],
    ['was made for another client', { claims: { sub: 'com.example.ios' } }, /another client.*sub/],
    ['was made for a client in other letters', { claims: { sub: 'COM.example.web' } }, /another client/],
    ['has no sub', { claims: { sub: undefined } }, /another client/],
    ['is for another audience', { claims: { aud: 'https://appleid.apple.com/auth/oauth2/v2' } }, /aud/],
    ['has no audience', { claims: { aud: undefined } }, /aud/],
    ['is for the simulator', { claims: { aud: 'http://localhost:4000' } }, /https:\/\/appleid\.apple\.com/],
    ['has no issuer', { claims: { iss: undefined } }, /Team ID as iss/],
    ['is signed by RS256', { header: { alg: 'RS256' } }, /ES256/],
    ['is signed by nothing', { header: { alg: 'none' } }, /ES256/],
    ['names no algorithm', { header: { alg: undefined } }, /ES256/],
    ['names no key', { header: { kid: undefined } }, /kid/],
  ])('refuses one that %s', (_name, parts, advice) => {
    const [problem, ...more] = problemsOf(withSecret(makeSecret(parts)))
    expect(problem).toMatchObject({ option: 'clientSecret', variable: 'APPLE_CLIENT_SECRET' })
    expect(problem?.message).toMatch(advice)
    expect(problem?.message).toMatch(/make a new one, or give teamId, keyId and privateKey/)
    expect(more).toEqual([])
  })

  it.each([
    ['the .p8', p8],
    ['a password', 'correct horse battery staple'],
    ['two parts of a JWT', makeSecret().split('.').slice(0, 2).join('.')],
    ['a JWT of junk', 'a.b.c'],
    ['a JWT with an array in it', `${makeSecret().split('.')[0] ?? ''}.W10.c2ln`],
    ['a number', 5],
    ['nothing', ''],
  ])('refuses %s in its place', (_name, value) => {
    const [problem, ...more] = problemsOf(withSecret(value))
    expect(problem).toMatchObject({ option: 'clientSecret', message: expect.stringMatching(/is not a JWT: make/) })
    expect(more).toEqual([])
  })

  it('takes one that ends after just six months', () => {
    expect(() => {
      take({ endsIn: 15_777_000 })
    }).not.toThrow()
  })

  it.each([1, day, 30 * day - 1])('warns, with the day, when it ends in %d seconds', (endsIn) => {
    take({ endsIn })
    const date = new Date(Date.now() + endsIn * 1000).toISOString().slice(0, 10)
    expect(emitWarning).toHaveBeenCalledTimes(1)
    expect(emitWarning).toHaveBeenCalledWith(expect.stringContaining(date), {
      type: 'AppleAuthWarning',
      code: 'APPLE_CONFIG',
    })
  })

  it('does not warn a month and a day ahead', () => {
    take({ endsIn: 31 * day })
    expect(emitWarning).not.toHaveBeenCalled()
  })

  it('shows nothing of it in the warning', () => {
    const jwt = makeSecret({ endsIn: day })
    configure({ ...good, ...withSecret(jwt) })
    const [warning] = emitWarning.mock.calls[0] ?? []
    for (const part of jwt.split('.')) expect(String(warning)).not.toContain(part)
  })

  it('refuses a client id that holds the Team ID here too', () => {
    const clientId = 'TEAM123456.web'
    const problems = problemsOf({
      ...withSecret(makeSecret({ claims: { sub: clientId } })),
      clientId,
      teamId: good.teamId,
    })
    expect(problems).toMatchObject([{ option: 'clientId' }])
  })
})

describe('a login with a ready-made client secret', () => {
  let apple: LoopbackApple
  let app: TestApp | undefined
  beforeAll(async () => {
    apple = await LoopbackApple.start()
  })
  afterEach(async () => {
    await app?.stop()
    app = undefined
    apple.reset()
  })
  afterAll(() => apple.stop())

  const options = (endsIn: number): Record<string, unknown> => withSecret(makeSecret({ endsIn }))

  it('sends it as it is', async () => {
    const jwt = makeSecret({ header: { typ: 'JWT' } })
    app = await TestApp.start(apple.url, { options: withSecret(jwt) })
    expect((await signIn(apple, app.visitor())).status).toBe(303)
    expect(apple.requestsTo('/auth/token').map(({ form }) => form.get('client_secret'))).toEqual([jwt])
  })

  it('fails once the secret has expired while the app ran, and not before', async () => {
    app = await TestApp.start(apple.url, { options: options(3600) })
    const early = app.visitor()
    moveDate({ seconds: 3599 })
    expect((await signIn(apple, early)).status).toBe(303)
    moveDate({ seconds: 2 })
    expect((await early.get('/private')).status).toBe(200)
    apple.requests.length = 0
    const late = await signIn(apple, app.visitor())
    expect(late.status).toBe(500)
    expect(late.body).toMatchObject({ code: 'ERR_APPLE_CONFIG' })
    expect(apple.requestsTo('/auth/token')).toEqual([])
    const [error] = app.errors
    expect(error).toBeInstanceOf(AppleConfigError)
    expect((error as AppleConfigError).problems).toMatchObject([
      {
        option: 'clientSecret',
        variable: 'APPLE_CLIENT_SECRET',
        message: expect.stringMatching(/expired.*make a new/),
      },
    ])
  })

  it('names the variable by the prefix of its instance then', async () => {
    app = await TestApp.start(apple.url, { options: { ...options(60), envPrefix: 'APPLE_SCHOOL_' } })
    moveDate({ seconds: 61 })
    await signIn(apple, app.visitor())
    expect((app.errors[0] as AppleConfigError).problems).toMatchObject([{ variable: 'APPLE_SCHOOL_CLIENT_SECRET' }])
  })
})
