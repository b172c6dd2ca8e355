import { describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { withClockAhead } from '../support/clock.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { administrator, refreshesAt } from '../support/schools.js'
import type { TestAppSetup } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { FaultyStore } from './faulty-store.js'
import { lastError, listen } from './operator.js'
import { addPages } from './pages.js'
import { expectNeutral, isSignedIn, visitUntil } from './visit.js'

const { apple, startApp } = useApple()

/** The cookie of an answer, as a thief would take it along. */
function cookieOf(headers: Record<string, unknown>): string {
  return String(headers['set-cookie']).split(';')[0] ?? ''
}

/** An app whose store loses what is written at the very end of a login. */
function losingAtTheEnd(store: FaultyStore, options: TestAppSetup['options'] = {}): TestAppSetup {
  const onLogin = (): void => {
    store.loses.add('set')
  }
  return { session: { store }, options: { ...options, onLogin } }
}

describe('a session store that says yes and keeps nothing', () => {
  it('at /login: Apple’s answer finds no login under way, and Apple is not asked', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const visitor = app.visitor()
    const heard = listen(app.apple)
    store.loses.add('set')
    const authorizeUrl = await beginLogin(visitor)
    store.recover()
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const answer = await postCallback(visitor, fields)

    const say = 'This sign-in is no longer valid. Please start again.'
    expect([answer.status, answer.body]).toEqual([400, { code: 'ERR_APPLE_STATE', say }])
    expectNeutral(answer)
    expect(heard).toEqual([{ name: 'login_failed', payload: { error: lastError(app) } }])
    expect(apple.requests).toEqual([])
    expect(await isSignedIn(visitor)).toBe(false)
    expect((await signIn(apple, visitor)).status).toBe(303)
  })

  it('at the end of /callback: the page asks for a login again, and nobody is signed in', async () => {
    const store = new FaultyStore()
    const app = await startApp(losingAtTheEnd(store))
    const { visitor, step } = await visitUntil('/callback', apple, app)
    const heard = listen(app.apple)
    const answer = await step()
    store.recover()

    expect(answer.status).toBe(303)
    expectNeutral(answer)
    expect((await visitor.get('/private')).status).toBe(401)
    // Nothing shows it: the store said yes.
    expect(heard.map(({ name }) => name)).toEqual(['login'])
    expect(app.errors).toEqual([])
    expect(store.size).toBe(0)
    expect((await step()).body.code).toBe('ERR_APPLE_STATE')
    expect(apple.requestsTo('/auth/token')).toHaveLength(1)
  })

  it('at the end of a school’s login: nobody is signed in, and the school is connected', async () => {
    const store = new FaultyStore()
    const options = { service: 'account-data-sharing' } as const
    const app = await startApp(losingAtTheEnd(store, options))
    const visitor = app.visitor()
    expect((await signIn(apple, visitor, { idToken: { claims: { sub: administrator } } })).status).toBe(303)
    store.recover()
    expect(await isSignedIn(visitor)).toBe(false)
    expect(await app.apple.connections.get('org-1')).toMatchObject({ status: 'working' })
  })

  it('where /callback uses the login up: a login that fails can not be tried by the same code again', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const { visitor, step } = await visitUntil('/callback', apple, app)
    const { tokenAnswer } = apple
    apple.tokenAnswer = { id_token: 'no.id.token' }
    store.loses.add('set')
    expect((await step()).body.code).toBe('ERR_APPLE_ID_TOKEN')
    store.recover()
    apple.tokenAnswer = tokenAnswer
    // After the time in which a second arrival gets the first one's answer.
    await withClockAhead(11, async () => {
      const again = await step()
      expect([again.status, again.body.code]).toEqual([400, 'ERR_APPLE_TOKEN'])
      expect(lastError(app)).toMatchObject({ appleError: 'invalid_grant' })
      expect(await isSignedIn(visitor)).toBe(false)
    })
    expect((await signIn(apple, visitor)).status).toBe(303)
  })

  it('where /callback ends the session from before: the old cookie signs nobody in', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const visitor = app.visitor()
    const before = cookieOf((await visitor.get('/auth/apple/login')).headers)
    store.loses.add('destroy')
    expect((await signIn(apple, visitor)).status).toBe(303)
    store.recover()
    expect(await isSignedIn(visitor)).toBe(true)
    expect((await request(app.url).get('/').set('Cookie', before)).body).toEqual({ signedIn: false })
  })

  it('at /logout: this browser is signed out and Apple has revoked, but the session lives on for its cookie', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const visitor = app.visitor()
    const cookie = cookieOf((await signIn(apple, visitor)).headers)
    const heard = listen(app.apple)
    store.loses.add('destroy')
    const answer = await visitor.post('/auth/apple/logout')
    store.recover()

    expect(answer.status).toBe(303)
    expectNeutral(answer)
    expect(await isSignedIn(visitor)).toBe(false)
    expect(heard).toMatchObject([{ name: 'logout', payload: { revoked: true } }])
    expect(apple.requestsTo('/revoke')).toHaveLength(1)
    expect((await request(app.url).get('/').set('Cookie', cookie)).body).toMatchObject({ signedIn: true })
  })

  it('after a refresh: the page has its token, and the next one is renewed again', async () => {
    const store = new FaultyStore()
    const app = await startApp({
      session: { store },
      routes: addPages,
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    store.loses.add('set')
    await withClockAhead(60 * 60, async () => {
      expect((await visitor.get('/token')).body).toEqual({ token: true })
    })
    store.recover()
    // After the time in which this process still knows the last one.
    await withClockAhead(60 * 60 + 31, async () => {
      expect((await visitor.get('/token')).body).toEqual({ token: true })
      expect((await visitor.get('/token')).body).toEqual({ token: true })
    })
    expect(refreshesAt(apple)).toHaveLength(2)
  })
})
