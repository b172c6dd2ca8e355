import { describe, expect, it } from '@jest/globals'
import { withClockAhead } from '../support/clock.js'
import { signIn } from '../support/login-steps.js'
import { administrator } from '../support/schools.js'
import { useApple } from '../support/use-apple.js'
import { FaultyStore, type StoreMethod } from './faulty-store.js'
import { listen, until } from './operator.js'
import { addPages } from './pages.js'
import { expectNeutral, isSignedIn, type Step, visitUntil } from './visit.js'

const { apple, startApp } = useApple()
const siteProblem = 'This is not available at the moment. Please try again later.'

/** Our own answer, and express-session's error as it comes from the store; the app's error page decides how it looks. */
const ours = { code: 'ERR_APPLE_SESSION_STORE', say: siteProblem }
const theirs = { code: 'unknown' }

interface Cell {
  readonly step: Step
  readonly method: StoreMethod
  readonly status: number
  readonly body?: object
  /** Who is signed in once the store is back. */
  readonly signedIn: boolean
  /** What Apple was asked for in this step. */
  readonly asked: readonly string[]
  readonly events?: readonly string[]
}

const cells: readonly Cell[] = [
  { step: '/login', method: 'get', status: 500, body: theirs, signedIn: false, asked: [] },
  { step: '/login', method: 'set', status: 503, body: ours, signedIn: false, asked: [] },
  { step: '/login', method: 'destroy', status: 302, signedIn: false, asked: [] },
  { step: '/login', method: 'touch', status: 302, signedIn: false, asked: [] },
  { step: '/callback', method: 'get', status: 500, body: theirs, signedIn: false, asked: [] },
  {
    step: '/callback',
    method: 'set',
    status: 503,
    body: ours,
    signedIn: false,
    asked: ['/auth/token', '/auth/keys'],
    events: ['login_failed'],
  },
  {
    step: '/callback',
    method: 'destroy',
    status: 503,
    body: ours,
    signedIn: false,
    asked: ['/auth/token', '/auth/keys'],
    events: ['login_failed'],
  },
  {
    step: '/callback',
    method: 'touch',
    status: 303,
    signedIn: true,
    asked: ['/auth/token', '/auth/keys'],
    events: ['login'],
  },
  { step: '/private', method: 'get', status: 500, body: theirs, signedIn: true, asked: [] },
  { step: '/private', method: 'set', status: 200, signedIn: true, asked: [] },
  { step: '/private', method: 'destroy', status: 200, signedIn: true, asked: [] },
  { step: '/private', method: 'touch', status: 200, signedIn: true, asked: [] },
  { step: '/logout', method: 'get', status: 500, body: theirs, signedIn: true, asked: [] },
  { step: '/logout', method: 'set', status: 303, signedIn: false, asked: ['/auth/revoke'], events: ['logout'] },
  { step: '/logout', method: 'destroy', status: 503, body: ours, signedIn: true, asked: [] },
  { step: '/logout', method: 'touch', status: 303, signedIn: false, asked: ['/auth/revoke'], events: ['logout'] },
]

describe('a session store whose', () => {
  it.each(cells)(
    '$method is down at $step: $status',
    async ({ step, method, status, body, signedIn, asked, events }) => {
      const store = new FaultyStore()
      const app = await startApp({ session: { store } })
      const visit = await visitUntil(step, apple, app)
      const heard = listen(app.apple)
      apple.requests.length = 0
      store.down.add(method)
      const answer = await visit.step()

      expect(answer.status).toBe(status)
      if (body !== undefined) expect(answer.body).toEqual(body)
      if (status >= 500) expect(answer.headers.location).toBeUndefined()
      expectNeutral(answer)

      if (body === ours) expect(app.errors[0]).toMatchObject({ code: ours.code, cause: new Error('the store is down') })
      if (body === theirs) expect(app.errors[0]).toEqual(new Error('the store is down'))
      expect(heard.map(({ name }) => name)).toEqual(events ?? [])

      expect(apple.requests.map(({ path }) => path)).toEqual(asked)
      store.recover()
      expect(await isSignedIn(visit.visitor)).toBe(signedIn)
      expect((await signIn(apple, visit.visitor)).status).toBe(303)
      expect(await isSignedIn(visit.visitor)).toBe(true)
    },
  )

  it('touch is down: the page is whole, and the operator hears of it', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const { step } = await visitUntil('/private', apple, app)
    store.down.add('touch')
    expect((await step()).body).toMatchObject({ user: { email: 'person@example.com' } })
    // express-session tells of it when the answer has gone.
    await until(() => app.errors.length > 0)
    expect(app.errors).toEqual([new Error('the store is down')])
  })

  it('get is down at the callback’s beginning: nothing is used up, and a reload finishes the login', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const { visitor, step } = await visitUntil('/callback', apple, app)
    store.down.add('get')
    expect((await step()).status).toBe(500)
    store.recover()
    expect((await step()).status).toBe(303)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('get is down while Apple is asked: nobody is signed in, and the operator hears of it', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const { visitor, step } = await visitUntil('/callback', apple, app)
    const heard = listen(app.apple)
    apple.misbehave = ({ path }) => {
      if (path.endsWith('/token')) store.down.add('get')
      return false
    }
    const answer = await step()
    expect([answer.status, answer.body]).toEqual([503, ours])
    expect(heard).toMatchObject([{ name: 'login_failed', payload: { error: { code: ours.code } } }])
    store.recover()
    expect(await isSignedIn(visitor)).toBe(false)
    apple.misbehave = () => false
    expect((await signIn(apple, visitor)).status).toBe(303)
  })

  it('get is down while an access token is renewed: that page fails, and the login stays', async () => {
    const store = new FaultyStore()
    const app = await startApp({
      session: { store },
      routes: addPages,
    })
    const { visitor } = await visitUntil('/private', apple, app)
    apple.misbehave = () => {
      store.down.add('get')
      return false
    }
    await withClockAhead(60 * 60, async () => {
      const answer = await visitor.get('/token')
      expect([answer.status, answer.body]).toEqual([503, ours])
      apple.misbehave = () => false
      store.recover()
      expect((await visitor.get('/token')).body).toEqual({ token: true })
    })
  })

  it.each(['set', 'destroy'] as const)(
    '%s goes down at the end of a school’s login: nobody is signed in, the school is connected',
    async (method) => {
      const store = new FaultyStore()
      const app = await startApp({
        session: { store },
        options: {
          service: 'account-data-sharing',
          onLogin: () => {
            store.down.add(method)
          },
        },
      })
      const visitor = app.visitor()
      const answer = await signIn(apple, visitor, { idToken: { claims: { sub: administrator } } })
      expect([answer.status, answer.body]).toEqual([503, ours])
      store.recover()
      expect(await isSignedIn(visitor)).toBe(false)
      expect(await app.apple.connections.get('org-1')).toMatchObject({ status: 'working', connectedBy: administrator })
    },
  )
})

describe('a session store that says it has lost its server', () => {
  it.each<[Step, string]>([
    ['/login', 'ERR_APPLE_SESSION_MISSING'],
    ['/callback', 'ERR_APPLE_SESSION_MISSING'],
    ['/private', 'ERR_APPLE_SESSION_MISSING'],
    ['/logout', 'ERR_APPLE_SESSION_MISSING'],
  ])('fails %s and says so, and forgets nobody', async (at, code) => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const { visitor, step } = await visitUntil(at, apple, app)
    const before = await isSignedIn(visitor)
    apple.requests.length = 0
    store.emit('disconnect')
    const answer = await step()
    expect([answer.status, answer.body]).toEqual([500, { code, say: siteProblem }])
    expectNeutral(answer)
    expect(app.errors[0]).toMatchObject({ code, message: expect.stringContaining('store is connected') })
    expect(apple.requests).toEqual([])
    store.emit('connect')
    expect(await isSignedIn(visitor)).toBe(before)
  })
})
