import { describe, expect, it } from '@jest/globals'
import { packRecord } from '../session/stored-session.js'
import { withClockAhead } from '../support/clock.js'
import { signIn } from '../support/login-steps.js'
import { useApple } from '../support/use-apple.js'
import { FaultyStore } from './faulty-store.js'
import { lastError, listen } from './operator.js'
import { addPages } from './pages.js'
import { expectNeutral, isSignedIn, type Step, visitUntil } from './visit.js'

const { apple, startApp } = useApple()
const steps: readonly Step[] = ['/login', '/callback', '/private', '/logout']
const key = 'express-apple-auth:apple'

/** What express-session cannot make a session of: it throws a TypeError of its own. */
const unusable: readonly (readonly [name: string, value: unknown])[] = [
  ['a text', 'rubbish'],
  ['a number', 7],
  ['true', true],
  ['a list', [{ cookie: {} }]],
  ['an object without a cookie', { cart: 'apples' }],
  ['an object whose cookie is a text', { cookie: 'rubbish' }],
]

/** What it takes for no session at all. */
const nothing: readonly (readonly [name: string, value: unknown])[] = [
  ['null', null],
  ['false', false],
  ['0', 0],
  ['an empty text', ''],
]

/** As the package wrote none: no checksum can be right. */
const forged = '1|com.example.web||1|||a|9e9|r|'
/** Sessions whose login, or whose logins under way, nobody here has written. */
const garbage: readonly (readonly [name: string, value: unknown])[] = [
  ['a session with nothing in it', { cookie: {} }],
  ['a date that is none', { cookie: { expires: 'never' } }],
  ['a login that is a number', { cookie: {}, [key]: 7 }],
  ['a login that is an object', { cookie: {}, [key]: { sub: 'administrator', isAuthenticated: true } }],
  ['a login that is any text', { cookie: {}, [key]: 'rubbish' }],
  ['a login of nobody', { cookie: {}, [key]: `${forged}|||0` }],
  ['a login with half an id_token', { cookie: {}, [key]: `${forged}||eyJhbGciOiJub25lIn0.eyJ|0` }],
  ['a login with half a school', { cookie: {}, [key]: `${forged}{%22id%22:||0` }],
  [
    'a login of another client',
    {
      cookie: {},
      [key]: packRecord('1', 'com.example.other', '', '', '', '{%22id%22:%22org-1%22}', '1', '', '', 'a', '9e9', 'r'),
    },
  ],
  ['a sealed login that is cut off', { cookie: {}, [key]: 'sealed.1.AAAA' }],
  ['logins under way that are a text', { cookie: {}, [`${key}:logins`]: 'rubbish' }],
  ['logins under way that are rubbish', { cookie: {}, [`${key}:logins`]: [null, 7, {}, { state: 'x' }] }],
]

/** What each step answers to somebody who is not signed in. */
const strangersStatus: Readonly<Record<Step, number>> = {
  '/login': 302,
  '/callback': 400,
  '/private': 401,
  '/logout': 303,
}

async function visitWith(value: unknown, at: Step) {
  const store = new FaultyStore()
  const app = await startApp({ session: { store } })
  const { visitor, step } = await visitUntil(at, apple, app)
  apple.requests.length = 0
  store.rubbish = { value }
  const answer = await step()
  expectNeutral(answer)
  // Nothing in it was worth a question to Apple.
  expect(apple.requests).toEqual([])
  const home = await visitor.get('/')
  expect(home.body).not.toMatchObject({ signedIn: true })
  return { store, app, visitor, answer }
}

describe.each(steps)('a session store that returns rubbish at %s', (at) => {
  it.each(unusable)('%s: fails in express-session, and its error is the operator’s', async (_name, value) => {
    const { store, app, visitor, answer } = await visitWith(value, at)
    expect([answer.status, answer.body]).toEqual([500, { code: 'unknown' }])
    expect(app.errors[0]).toBeInstanceOf(TypeError)
    store.recover()
    expect(await isSignedIn(visitor)).toBe(at === '/private' || at === '/logout')
    expect((await signIn(apple, visitor)).status).toBe(303)
  })

  it.each([...nothing, ...garbage])('%s: is nobody signed in', async (_name, value) => {
    const { store, app, visitor, answer } = await visitWith(value, at)
    expect(answer.status).toBe(strangersStatus[at])
    if (at === '/callback') expect(lastError(app)).toMatchObject({ code: 'ERR_APPLE_STATE' })
    else expect(app.errors).toEqual([])
    store.recover()
    expect((await signIn(apple, visitor)).status).toBe(303)
    expect(await isSignedIn(visitor)).toBe(true)
  })
})

describe('a session store that returns rubbish while Apple is asked', () => {
  async function finishWith(value: unknown) {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const { visitor, step } = await visitUntil('/callback', apple, app)
    const heard = listen(app.apple)
    apple.misbehave = ({ path }) => {
      if (path.endsWith('/token')) store.rubbish = { value }
      return false
    }
    const answer = await step()
    expectNeutral(answer)
    expect(heard.map(({ name }) => name)).not.toContain('login')
    expect(apple.requestsTo('/auth/token')).toHaveLength(1)
    apple.misbehave = () => false
    store.recover()
    expect(await isSignedIn(visitor)).toBe(false)
    expect((await signIn(apple, visitor)).status).toBe(303)
    return { answer, errors: app.errors, heard }
  }

  it.each([...unusable, ...nothing])('%s: signs nobody in, and the operator gets an error', async (_name, value) => {
    const { answer, errors } = await finishWith(value)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(errors).not.toEqual([])
  })

  it.each(garbage)('%s: is a login that somebody has ended', async (_name, value) => {
    const { answer, errors, heard } = await finishWith(value)
    expect([answer.status, answer.body.code]).toEqual([400, 'ERR_APPLE_STATE'])
    expect(errors).toMatchObject([{ code: 'ERR_APPLE_STATE' }])
    expect(heard[0]).toEqual({ name: 'login_failed', payload: { error: errors[0] } })
  })
})

describe('a session store that returns rubbish while an access token is renewed', () => {
  it.each([...unusable, ...nothing, ...garbage.slice(0, 3)])('%s: fails that page alone', async (_name, value) => {
    const store = new FaultyStore()
    const app = await startApp({
      session: { store },
      routes: addPages,
    })
    const { visitor } = await visitUntil('/private', apple, app)
    apple.misbehave = () => {
      store.rubbish = { value }
      return false
    }
    await withClockAhead(60 * 60, async () => {
      const answer = await visitor.get('/token')
      expect([answer.status, answer.body.code]).toEqual([401, 'ERR_APPLE_LOGIN_REQUIRED'])
      expectNeutral(answer)
      expect(app.errors).toMatchObject([{ code: 'ERR_APPLE_LOGIN_REQUIRED' }])
      apple.misbehave = () => false
      store.recover()
      expect((await visitor.get('/token')).body).toEqual({ token: true })
    })
  })
})
