import { describe, expect, it } from '@jest/globals'
import { AppleArgumentError, requireAppleAuth, type RequireAppleAuthOptions } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { beginLogin, postCallback, signIn, stateOf, type Visitor } from '../support/login-steps.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

function startGuarded(guard: RequireAppleAuthOptions): Promise<TestApp> {
  return startApp({
    routes: (routes) => {
      routes.all('/guarded', requireAppleAuth(guard), (_req, res) => {
        res.json({ reached: true })
      })
    },
  })
}

const navigation = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'none', Accept: 'text/html' }

describe('requireAppleAuth with nobody signed in (catalogue row 129)', () => {
  it('sends a browser that opens a page to Apple, and brings it back to that page', async () => {
    const app = await startGuarded({})
    const visitor = app.visitor()
    const answer = await visitor.get('/guarded?week=3').set(navigation)
    expect(answer.status).toBe(302)
    const authorizeUrl = new URL(answer.headers.location ?? '')
    expect(authorizeUrl.pathname).toBe('/auth/authorize')
    const done = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect(done.headers.location).toBe('/guarded?week=3')
    expect((await visitor.get('/guarded')).body).toEqual({ reached: true })
  })

  it.each<[string, 'get' | 'post' | 'head', Record<string, string>]>([
    ['fetch', 'get', { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'same-origin', Accept: 'text/html' }],
    ['an image', 'get', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Site': 'same-origin' }],
    ['an API client', 'get', { Accept: 'application/json' }],
    ['a client that says nothing', 'get', {}],
    ['a client that takes anything', 'get', { Accept: '*/*' }],
    ['a form', 'post', navigation],
  ])('answers %s with 401 and where to log in', async (_name, method, headers) => {
    const app = await startGuarded({})
    const answer = await app.visitor()[method]('/guarded').set(headers)
    expect(answer.status).toBe(401)
    expect(answer.body).toEqual({ error: 'login_required', loginUrl: '/auth/apple/login' })
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('takes an old browser by its Accept header', async () => {
    const app = await startGuarded({})
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    expect((await app.visitor().get('/guarded').set('Accept', accept)).status).toBe(302)
  })

  it('hands the request to onUnauthenticated where there is one', async () => {
    const app = await startGuarded({ onUnauthenticated: (_req, res) => void res.status(418).json({ own: true }) })
    const answer = await app.visitor().get('/guarded').set(navigation)
    expect([answer.status, answer.body]).toEqual([418, { own: true }])
  })

  it('hands what onUnauthenticated throws to the error page', async () => {
    const app = await startGuarded({ onUnauthenticated: () => Promise.reject(new Error('own')) })
    expect((await app.visitor().get('/guarded')).status).toBe(500)
  })
})

describe('requireAppleAuth with somebody signed in', () => {
  async function signedIn(app: TestApp, claims: Record<string, unknown> = {}): Promise<Visitor> {
    const visitor = app.visitor()
    await signIn(apple, visitor, { idToken: { claims } })
    return visitor
  }

  it('lets the request pass and tells caches not to keep the page (catalogue row 139)', async () => {
    const app = await startGuarded({})
    const answer = await (await signedIn(app)).get('/guarded')
    expect([answer.body, answer.headers['cache-control']]).toEqual([{ reached: true }, 'no-store'])
  })

  it.each<[string, RequireAppleAuthOptions, object]>([
    ['a scope', { scope: ['email', 'openid'] }, { error: 'insufficient_scope', missing: { scope: ['openid'] } }],
    ['another organization', { organization: 'org-9' }, { error: 'forbidden', missing: { organization: true } }],
    ['any organization', { organization: () => undefined }, { error: 'forbidden', missing: { organization: true } }],
    ['the app’s own check', { check: () => false }, { error: 'forbidden', missing: { check: true } }],
    [
      'a check that forgot to answer',
      { check: () => undefined as never },
      { error: 'forbidden', missing: { check: true } },
    ],
    ['a merely truthy check', { check: () => 'yes' as never }, { error: 'forbidden', missing: { check: true } }],
  ])('answers 403 with what is missing: %s', async (_name, guard, body) => {
    const app = await startGuarded(guard)
    const answer = await (await signedIn(app)).get('/guarded')
    expect([answer.status, answer.body]).toEqual([403, body])
  })

  it('gives a browser the app’s error page instead, and never another login', async () => {
    const app = await startGuarded({ scope: 'openid' })
    const answer = await (await signedIn(app)).get('/guarded').set(navigation)
    expect([answer.status, answer.body.code]).toEqual([403, 'ERR_APPLE_FORBIDDEN'])
    expect(app.errors.at(-1)).toMatchObject({ details: { missing: { scope: ['openid'] } } })
  })

  it.each<RequireAppleAuthOptions>([
    { scope: 'name email' },
    { organization: 'org-7' },
    { organization: ({ query }) => query.school as string },
    { organization: () => Promise.resolve('org-7') },
    { check: (login) => login.user?.emailVerified === true },
    { check: () => Promise.resolve(true) },
    { maxAge: 60 },
  ])('lets pass what meets the condition: %o', async (guard) => {
    const app = await startGuarded(guard)
    const visitor = await signedIn(app, { org_id: 'org-7' })
    expect((await visitor.get('/guarded?school=org-7')).status).toBe(200)
  })

  it('refuses a login older than maxAge', async () => {
    const app = await startGuarded({ maxAge: 60 })
    const visitor = await signedIn(app)
    await withClockAhead(62, async () => {
      expect((await visitor.get('/guarded')).body).toEqual({ error: 'forbidden', missing: { maxAge: 60 } })
    })
  })

  it('with stepUp asks Apple for the missing scope as well, once', async () => {
    const app = await startGuarded({ scope: 'openid', stepUp: true })
    const visitor = await signedIn(app)
    const answer = await visitor.get('/guarded').set(navigation)
    const authorizeUrl = new URL(answer.headers.location ?? '')
    expect(authorizeUrl.searchParams.get('scope')).toBe('name email openid')
    await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect((await visitor.get('/guarded').set(navigation)).body).toEqual({ reached: true })
  })

  it('with stepUp goes round in no circle when Apple does not grant it', async () => {
    const app = await startGuarded({ scope: 'openid', stepUp: true })
    const visitor = await signedIn(app)
    const answer = await visitor.get('/guarded').set(navigation)
    const authorizeUrl = new URL(answer.headers.location ?? '')
    const code = apple.issueCode(authorizeUrl, { claims: { scopes: 'name email' } })
    await postCallback(visitor, { code, state: stateOf(authorizeUrl) })
    expect((await visitor.get('/guarded').set(navigation)).status).toBe(403)
  })

  it('with stepUp begins a new login for one that is too old, but for no API client', async () => {
    const app = await startGuarded({ maxAge: 60, stepUp: true })
    const visitor = await signedIn(app)
    await withClockAhead(62, async () => {
      expect((await visitor.get('/guarded').set(navigation)).status).toBe(302)
      expect((await visitor.get('/guarded')).status).toBe(403)
    })
  })

  it('hands what a check throws to the error page', async () => {
    const app = await startGuarded({
      check: () => {
        throw new Error('own')
      },
    })
    expect((await (await signedIn(app)).get('/guarded')).status).toBe(500)
  })
})

describe('requireAppleAuth, wrongly used', () => {
  it.each<[object, RegExp]>([
    [{ scopes: 'x' }, /no option scopes/],
    [{ scope: '' }, /at least one scope/],
    [{ scope: [] }, /at least one scope/],
    [{ scope: 'a  b' }, /single spaces/],
    [{ scope: [1] }, /at least one scope/],
    [{ maxAge: '60' }, /maxAge must be a number/],
    [{ maxAge: Number.NaN }, /1 or more/],
    [{ maxAge: 0 }, /1 or more/],
    [{ scope: undefined }, /scope/],
    [{ organization: undefined }, /organization must be/],
    [{ check: undefined }, /check must be/],
    [{ organization: '' }, /must not be empty/],
    [{ organization: 7 }, /organization must be a string or a function/],
    [{ check: true }, /check must be a function/],
    [{ stepUp: 'yes' }, /stepUp must be a boolean/],
  ])('refuses %j when the route is defined', (options, because) => {
    expect(() => requireAppleAuth(options)).toThrow(AppleArgumentError)
    expect(() => requireAppleAuth(options)).toThrow(because)
  })

  it('takes undefined options as absent', () => {
    expect(() => requireAppleAuth(undefined)).not.toThrow()
  })

  it('says that attach() is missing', async () => {
    const app = await startApp({
      before: (before) => before.get('/early', requireAppleAuth(), (_req, res) => void res.json({ reached: true })),
    })
    const answer = await app.visitor().get('/early')
    expect([answer.status, answer.body.code]).toEqual([500, 'ERR_APPLE_ATTACH_MISSING'])
    expect((app.errors[0] as Error).message).toMatch(/app\.use\(apple\.attach\(\)\)/)
  })

  it('names the session when it is missing', async () => {
    const app = await startApp({ session: 'none' })
    for (const path of ['/private', '/', '/auth/apple/login']) {
      expect((await app.visitor().get(path)).body.code).toBe('ERR_APPLE_SESSION_MISSING')
    }
    expect((await app.visitor().post('/auth/apple/logout')).body.code).toBe('ERR_APPLE_SESSION_MISSING')
    expect((await postCallback(app.visitor(), { state: 'x' })).body.code).toBe('ERR_APPLE_SESSION_MISSING')
  })

  it('begins the login on the redirect URI’s host', async () => {
    const app = await startGuarded({})
    const answer = await app
      .visitor()
      .get('/guarded')
      .set({ ...navigation, Host: '127.0.0.1' })
    expect(answer.headers.location).toBe(`${app.url}/auth/apple/login?returnTo=%2Fguarded&apple_host=settled`)
    await beginLogin(app.visitor(), '/guarded')
  })
})
