import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { type AppleAuth, AppleIdTokenError, AppleUnavailableError, type AppleAuthOptions } from '../../src/index.js'
import { freezeDate, thawDate } from '../apple/clock.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { goodOptions, TestApp } from '../support/test-app.js'
import { configure, type Loose } from './environment.js'

let apple: LoopbackApple
beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(freezeDate)
afterEach(() => {
  thawDate()
  apple.reset()
})
afterAll(() => apple.stop())

function instance(changes: Loose = {}, variables: Record<string, string> = {}): AppleAuth {
  return configure({ ...goodOptions(apple.url, 'http://localhost:1'), ...changes }, variables)
}

const ours = 'com.example.web'
const subject = expect.objectContaining({ sub: '001883.fcc77ba97500402389df96821ad9c790.1517' })
const tokenFrom = (iss: string): string => apple.idToken(ours, { claims: { iss } })
const sharing = { service: 'account-data-sharing' }

describe('connections of Sign in with Apple', () => {
  it('are refused to who asks for them, and not in the way of who prints or spreads the instance', () => {
    const auth = instance()
    expect(() => auth.connections).toThrow('connects no schools')
    expect(() => JSON.stringify({ ...auth })).not.toThrow()
  })
})

describe('issuer', () => {
  it('is baseUrl by default for Sign in with Apple, and nothing else', async () => {
    const auth = instance()
    await expect(auth.verifyIdToken(tokenFrom(apple.url))).resolves.toEqual(subject)
    for (const iss of [`${apple.url}/auth/oauth2/v2`, `${apple.url}/`, 'https://appleid.apple.com']) {
      await expect(auth.verifyIdToken(tokenFrom(iss))).rejects.toThrow(AppleIdTokenError)
    }
  })

  it('is baseUrl and the Data Sharing issuer by default for Data Sharing', async () => {
    const auth = instance(sharing)
    await expect(auth.verifyIdToken(tokenFrom(apple.url))).resolves.toEqual(subject)
    await expect(auth.verifyIdToken(tokenFrom(`${apple.url}/auth/oauth2/v2`))).resolves.toEqual(subject)
    await expect(auth.verifyIdToken(tokenFrom('https://appleid.apple.com'))).rejects.toThrow(AppleIdTokenError)
  })

  it('replaces the default where it is given', async () => {
    const auth = instance({}, { APPLE_ISSUER: 'https://a.example,https://b.example' })
    await expect(auth.verifyIdToken(tokenFrom('https://b.example'))).resolves.toEqual(subject)
    await expect(auth.verifyIdToken(tokenFrom(apple.url))).rejects.toThrow(AppleIdTokenError)
  })
})

describe('audiences', () => {
  it('is the client id alone by default', async () => {
    await expect(instance().verifyIdToken(apple.idToken(ours))).resolves.toEqual(subject)
    await expect(instance().verifyIdToken(apple.idToken('com.example.ios'))).rejects.toThrow(AppleIdTokenError)
  })

  it('adds to the client id', async () => {
    const auth = instance({ audiences: ['com.example.ios'] })
    await expect(auth.verifyIdToken(apple.idToken('com.example.ios'))).resolves.toEqual(subject)
    await expect(auth.verifyIdToken(apple.idToken(ours))).resolves.toEqual(subject)
  })

  it('does not open a web login to tokens of the app', async () => {
    const app = await TestApp.start(apple.url, { options: { audiences: ['com.example.ios'] } })
    const answer = await signIn(apple, app.visitor(), { idToken: { claims: { aud: 'com.example.ios' } } })
    await app.stop()
    expect(answer.body).toMatchObject({ code: 'ERR_APPLE_ID_TOKEN' })
  })
})

describe('clockToleranceSeconds', () => {
  const endedAgo = (seconds: number): string =>
    apple.idToken(ours, { claims: { exp: Math.floor(Date.now() / 1000) - seconds } })

  it.each([
    ['30 by default', {}, {}, 30],
    ['what the option says', { clockToleranceSeconds: 5 }, {}, 5],
    ['what the variable says', {}, { APPLE_CLOCK_TOLERANCE_SECONDS: '120' }, 120],
  ])('is %s', async (_what, options, variables, seconds) => {
    const auth = instance(options, variables)
    await expect(auth.verifyIdToken(endedAgo(seconds - 1))).resolves.toEqual(subject)
    await expect(auth.verifyIdToken(endedAgo(seconds))).rejects.toThrow('has expired')
  })

  it('may be nothing at all', async () => {
    await expect(instance({ clockToleranceSeconds: 0 }).verifyIdToken(endedAgo(0))).rejects.toThrow('has expired')
  })
})

describe('httpTimeoutMs', () => {
  async function deadlineOf(auth: AppleAuth): Promise<string> {
    apple.misbehave = () => true
    const error: unknown = await auth.verifyIdToken(apple.idToken(ours)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AppleUnavailableError)
    return String((error as AppleUnavailableError).cause)
  }

  it('ends a call that Apple does not answer, by the option', async () => {
    expect(await deadlineOf(instance({ httpTimeoutMs: 120 }))).toContain('did not answer within 120 ms')
  })

  it('ends a call that Apple does not answer, by the variable', async () => {
    expect(await deadlineOf(instance({}, { APPLE_HTTP_TIMEOUT_MS: '130' }))).toContain('within 130 ms')
  })

  it('is five seconds by default', async () => {
    const timeout = jest.spyOn(globalThis, 'setTimeout')
    await instance().verifyIdToken(apple.idToken(ours))
    expect(timeout.mock.calls.map(([, milliseconds]) => milliseconds)).toContain(5000)
    timeout.mockRestore()
  })
})

describe('what happens after a login, a logout and a cancellation', () => {
  async function outcome(options: AppleAuthOptions): Promise<object> {
    const app = await TestApp.start(apple.url, { options })
    const visitor = app.visitor()
    const login = (await signIn(apple, visitor)).headers.location
    const logout = (await visitor.post('/auth/apple/logout').set('Accept', 'text/html')).headers.location
    const state = stateOf(await beginLogin(visitor))
    const cancel = (await postCallback(visitor, { state, error: 'user_cancelled_authorize' })).headers.location
    await app.stop()
    return { login, logout, cancel, revocations: apple.requestsTo('/revoke').length }
  }

  it('is the way home and a revocation by default', async () => {
    expect(await outcome({})).toEqual({ login: '/', logout: '/', cancel: '/', revocations: 1 })
  })

  it('is what the options say', async () => {
    const options = {
      postLoginRedirect: '/welcome?a=b',
      postLogoutRedirect: '/bye',
      cancelRedirect: '/pity#now',
      revokeOnLogout: false,
    }
    expect(await outcome(options)).toEqual({
      login: '/welcome?a=b',
      logout: '/bye',
      cancel: '/pity#now',
      revocations: 0,
    })
  })
})

describe('service', () => {
  it.each([
    ['sign-in-with-apple', '/auth/keys'],
    ['account-data-sharing', '/auth/oauth2/v2/keys'],
  ])('%s has its keys at %s', async (service, path) => {
    await instance({ service }).verifyIdToken(apple.idToken(ours))
    expect(apple.requests.map((request) => request.path)).toEqual([path])
  })
})
