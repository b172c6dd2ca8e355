import { describe, expect, it } from '@jest/globals'
import session from 'express-session'
import type { Response } from 'supertest'
import type { AppleAuthEvents, AppleLoginContext, AppleLoginRefusedError } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { expectNoSecret, expectRefused } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { TestApp, type TestAppSetup } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

/** An app that keeps a cart in the session. */
function startShop(setup: TestAppSetup = {}): Promise<TestApp> {
  return startApp({
    ...setup,
    routes: (routes, auth) => {
      routes.get('/add/:item', (req, res) => {
        Object.assign(req.session, { cart: req.params.item })
        res.end()
      })
      routes.get('/remember', (req, res) => {
        req.session.cookie.maxAge = 30 * 86_400_000
        res.end()
      })
      routes.get('/session', (req, res) => {
        const { cart, account } = req.session
        res.json({ cart, account, days: Math.round((req.session.cookie.maxAge ?? 0) / 86_400_000) })
      })
      setup.routes?.(routes, auth)
    },
  })
}

const as = (sub: string) => ({ idToken: { claims: { sub } } })

describe('the app’s own session data at login', () => {
  it('stays when nobody was signed in', async () => {
    const visitor = (await startShop()).visitor()
    await visitor.get('/add/book')
    await signIn(apple, visitor, as('one'))
    expect((await visitor.get('/session')).body.cart).toBe('book')
  })

  it('stays when the same person signs in again', async () => {
    const visitor = (await startShop()).visitor()
    await signIn(apple, visitor, as('one'))
    await visitor.get('/add/book')
    await signIn(apple, visitor, as('one'))
    expect((await visitor.get('/session')).body.cart).toBe('book')
  })

  it('goes when somebody else was signed in', async () => {
    const visitor = (await startShop()).visitor()
    await signIn(apple, visitor, as('one'))
    await visitor.get('/add/book')
    await signIn(apple, visitor, as('two'))
    expect((await visitor.get('/session')).body).toEqual({ days: 0 })
    expect((await visitor.get('/')).body.sub).toBe('two')
  })

  it('goes when another school was connected, without id_tokens', async () => {
    const visitor = (await startShop({ options: { service: 'account-data-sharing' } })).visitor()
    await signIn(apple, visitor, { idToken: 'none' })
    await visitor.get('/add/book')
    await signIn(apple, visitor, { idToken: 'none' })
    expect((await visitor.get('/session')).body.cart).toBe('book')
    apple.organization = { id: 'org-2' }
    await signIn(apple, visitor, { idToken: 'none' })
    expect((await visitor.get('/session')).body.cart).toBeUndefined()
  })

  it('lasts as long as any, whatever the instance is called', async () => {
    const app = await startApp({
      options: { name: 'logins' },
      before: (routes, auth) => {
        routes.use(auth.attach())
        routes.get('/who', (req, res) => void res.json({ sub: auth.from(req).user?.sub }))
      },
    })
    const visitor = app.visitor()
    await signIn(apple, visitor, as('one'))
    expect((await visitor.get('/who')).body).toEqual({ sub: 'one' })
    await withClockAhead(16 * 60, async () => {
      expect((await visitor.get('/who')).body).toEqual({ sub: 'one' })
    })
  })

  it('stays when the login fails or is cancelled', async () => {
    const visitor = (await startShop()).visitor()
    await signIn(apple, visitor, as('one'))
    await visitor.get('/add/book')
    await postCallback(visitor, { state: stateOf(await beginLogin(visitor)), error: 'user_cancelled_authorize' })
    await postCallback(visitor, { state: stateOf(await beginLogin(visitor)), error: 'server_error' })
    await postCallback(visitor, { state: stateOf(await beginLogin(visitor)), code: 'made-up' })
    expect((await visitor.get('/session')).body.cart).toBe('book')
    expect((await visitor.get('/')).body.sub).toBe('one')
  })

  it('includes what other requests put there while Apple was asked', async () => {
    const visitor = (await startShop()).visitor()
    const authorizeUrl = await beginLogin(visitor)
    let added: Promise<unknown> | undefined
    apple.misbehave = ({ path }, res) => {
      if (!path.endsWith('/token') || added !== undefined) return false
      added = visitor.get('/add/late').then()
      setTimeout(() => res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}'), 150)
      return true
    }
    await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    await added
    expect((await visitor.get('/session')).body.cart).toBe('late')
  })

  it('keeps the life that the app gave the session', async () => {
    const visitor = (await startShop()).visitor()
    await visitor.get('/add/book')
    await visitor.get('/remember')
    await signIn(apple, visitor, as('one'))
    expect((await visitor.get('/session')).body.days).toBe(30)
  })

  it('keeps another tab’s login under way, whoever signs in', async () => {
    const visitor = (await startShop()).visitor()
    await signIn(apple, visitor, as('one'))
    const other = await beginLogin(visitor, '/private')
    await signIn(apple, visitor, as('two'))
    const answer = await postCallback(visitor, {
      code: apple.issueCode(other, as('two').idToken),
      state: stateOf(other),
    })
    expect(answer.headers.location).toBe('/private')
  })

  it('never comes back for a login whose session was ended meanwhile, and nobody is signed in', async () => {
    const store = new session.MemoryStore()
    const visitor = (await startShop({ session: { store } })).visitor()
    await visitor.get('/add/book')
    const authorizeUrl = await beginLogin(visitor)
    apple.misbehave = ({ path }) => {
      if (path.endsWith('/token')) store.clear()
      return false
    }
    const answer = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    await expectRefused(answer, visitor, 'ERR_APPLE_STATE')
    expect((await visitor.get('/session')).body.cart).toBeUndefined()
  })

  it('goes on into the session that another tab’s login began, when both end together', async () => {
    const visitor = (await startShop()).visitor()
    await visitor.get('/add/book')
    const [slow, quick] = [await beginLogin(visitor, '/slow'), await beginLogin(visitor, '/quick')]
    const codes = [apple.issueCode(slow), apple.issueCode(quick)]
    let quickAnswer: Promise<Response> | undefined
    apple.misbehave = ({ path, form }) => {
      if (path.endsWith('/token') && form.get('code') === codes[0]) {
        quickAnswer = postCallback(visitor, { code: codes[1] ?? '', state: stateOf(quick) })
      }
      return false
    }
    apple.delay = ({ form }) => (form.get('code') === codes[0] ? 150 : 0)
    const slowAnswer = await postCallback(visitor, { code: codes[0] ?? '', state: stateOf(slow) })
    expect([slowAnswer.headers.location, (await quickAnswer)?.headers.location]).toEqual(['/slow', '/quick'])
    expect((await visitor.get('/session')).body.cart).toBe('book')
  })

  it('goes with the person when their grant has ended at Apple before the next one signs in', async () => {
    const shop = await startShop({
      routes: (routes) =>
        routes.get('/token', (req, res, next) => {
          req.apple.getAccessToken().then(() => res.end(), next)
        }),
    })
    const visitor = shop.visitor()
    await signIn(apple, visitor, as('one'))
    await visitor.get('/add/book')
    await withClockAhead(3600, async () => {
      apple.misbehave = ({ form }, res) => {
        if (form.get('grant_type') !== 'refresh_token') return false
        res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
        return true
      }
      expect((await visitor.get('/token')).status).toBe(401)
    })
    expect((await visitor.get('/session')).body.cart).toBe('book')
    await signIn(apple, visitor, as('two'))
    expect((await visitor.get('/session')).body.cart).toBeUndefined()
  })

  it('goes at a sign-out, too, when the grant had ended at Apple before', async () => {
    const shop = await startShop({
      routes: (routes) =>
        routes.get('/token', (req, res, next) => {
          req.apple.getAccessToken().then(() => res.end(), next)
        }),
    })
    const visitor = shop.visitor()
    apple.tokenAnswer = { refresh_token: undefined }
    await signIn(apple, visitor, as('one'))
    await visitor.get('/add/book')
    await withClockAhead(3601, async () => {
      expect((await visitor.get('/token')).status).toBe(401)
    })
    await visitor.post('/auth/apple/logout')
    expect((await visitor.get('/session')).body.cart).toBeUndefined()
  })
})

describe('onLogin', () => {
  it('hears of the login with all that Apple said, before it counts', async () => {
    const contexts: AppleLoginContext[] = []
    const shop = await startShop({
      options: {
        onLogin: (context) => {
          contexts.push(context)
          expect(context.req.apple.isAuthenticated).toBe(false)
        },
      },
    })
    const user = '{"name":{"firstName":"First"}}'
    await signIn(apple, shop.visitor(), { returnTo: '/private', user, idToken: { claims: { org_id: 'org-9' } } })
    expect(shop.errors).toEqual([])
    const [context] = contexts
    expect(context).toMatchObject({
      user: { email: 'person@example.com', organizationId: 'org-9', unverifiedName: { firstName: 'First' } },
      claims: { iss: apple.url, aud: 'com.example.web', email_verified: true },
      unverifiedName: { firstName: 'First' },
      organization: undefined,
      returnTo: '/private',
    })
    expect(context?.tokens?.accessToken).toMatch(/^a/)
    expect(context?.tokens?.scope).toBe('name email')
    expect(context?.claims).not.toHaveProperty('firstName')
  })

  it('may put things into the session, whoever was signed in', async () => {
    const shop = await startShop({
      options: {
        onLogin: async ({ req, user }) => {
          await Promise.resolve()
          Object.assign(req.session, { account: `account of ${String(user?.sub)}` })
        },
      },
    })
    const visitor = shop.visitor()
    for (const sub of ['one', 'two']) {
      await signIn(apple, visitor, as(sub))
      // Nothing of the person before is left: neither their data nor the long life of their session.
      expect((await visitor.get('/session')).body).toEqual({ account: `account of ${sub}`, days: 0 })
      await visitor.get('/add/book')
      await visitor.get('/remember')
    }
  })

  it('leaves nothing in the session when it refuses', async () => {
    const shop = await startShop({
      options: {
        onLogin: ({ req }) => {
          Object.assign(req.session, { account: 'too early' })
          throw new Error('not on the list')
        },
      },
    })
    const visitor = shop.visitor()
    await signIn(apple, visitor, as('one'))
    expect((await visitor.get('/session')).body.account).toBeUndefined()
  })

  it('loses nothing that other tabs put into the session meanwhile, and brings no ended login back', async () => {
    let meanwhile = (): Promise<unknown> => Promise.resolve()
    const shop = await startShop({
      options: {
        onLogin: async ({ req }) => {
          Object.assign(req.session, { account: 'mine' })
          await meanwhile()
        },
      },
    })
    const visitor = shop.visitor()
    const authorizeUrl = await beginLogin(visitor)
    meanwhile = () => visitor.get('/add/late').then()
    await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect((await visitor.get('/session')).body).toMatchObject({ cart: 'late', account: 'mine' })
  })

  it('refuses a login by throwing; whoever was signed in stays, with their data', async () => {
    const shop = await startShop({
      options: {
        onLogin: ({ user }) => {
          if (user?.sub === 'two') throw new Error('not on the list')
        },
      },
    })
    const visitor = shop.visitor()
    await signIn(apple, visitor, as('one'))
    await visitor.get('/add/book')
    const refused = await signIn(apple, visitor, as('two'))
    expect([refused.status, refused.body.code]).toEqual([403, 'ERR_APPLE_LOGIN_REFUSED'])
    expect((shop.errors.at(-1) as AppleLoginRefusedError).cause).toEqual(new Error('not on the list'))
    expect((await visitor.get('/')).body.sub).toBe('one')
    expect((await visitor.get('/session')).body.cart).toBe('book')
    const stranger = shop.visitor()
    await expectRefused(await signIn(apple, stranger, as('two')), stranger)
  })
})

describe('events of a login', () => {
  it('tell who signed in, who cancelled and what failed, and never a token', async () => {
    const shop = await startShop()
    const heard: [keyof AppleAuthEvents, unknown][] = []
    for (const name of ['login', 'login_failed', 'login_cancelled', 'logout'] as const) {
      shop.apple.on(name, (event) => heard.push([name, event]))
    }
    const visitor = shop.visitor()
    await signIn(apple, visitor, { ...as('one'), returnTo: '/private' })
    await postCallback(visitor, { state: stateOf(await beginLogin(visitor)), error: 'user_cancelled_authorize' })
    await postCallback(visitor, { state: 'x', code: 'x' })
    await visitor.post('/auth/apple/logout')
    expect(heard).toEqual([
      [
        'login',
        {
          user: expect.objectContaining({ sub: 'one' }),
          organization: undefined,
          scope: 'name email',
          returnTo: '/private',
        },
      ],
      ['login_cancelled', { returnTo: '/' }],
      ['login_failed', { error: expect.objectContaining({ code: 'ERR_APPLE_STATE' }) }],
      ['logout', { sub: 'one', organizationId: undefined, revoked: true }],
    ])
    expectNoSecret(JSON.stringify(heard))
  })
})
