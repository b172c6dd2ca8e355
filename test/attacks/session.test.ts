import { describe, expect, it } from '@jest/globals'
import session from 'express-session'
import request from 'supertest'
import type { AppleAuthEvents, AppleSessionStoreError } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { expectNoSecret, expectSignedOut } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import type { TestAppSetup } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

function cookieOf(headers: Record<string, unknown>): string {
  return String(headers['set-cookie']).split(';')[0] ?? ''
}

describe('sessions and cookies (catalogue section 7)', () => {
  it('row 126: leaves the cookie’s flags as the app set them, through login and all', async () => {
    const app = await startApp({
      session: { name: '__Host-sid', cookie: { sameSite: 'strict', httpOnly: true, path: '/' } },
    })
    const visitor = app.visitor()
    for (const { headers } of [await visitor.get('/auth/apple/login'), await signIn(apple, visitor)]) {
      expect(String(headers['set-cookie'])).toMatch(/^__Host-sid=.*Path=\/;.*HttpOnly; SameSite=Strict$/)
    }
  })

  it('row 127: shows no token in cookies, answers or printed objects', async () => {
    const app = await startApp({
      routes: (routes) =>
        routes.get('/everything', (req, res) => {
          res.json({
            ...req.apple.tokens,
            tokens: req.apple.tokens,
            apple: req.apple,
          })
        }),
    })
    const visitor = app.visitor()
    const answer = await signIn(apple, visitor)
    const everything = await visitor.get('/everything')
    expect(everything.body.tokens).toBe('[redacted]')
    expectNoSecret(`${JSON.stringify(answer.headers)}${answer.text}${everything.text}`)
  })

  it('row 130: a session that has run out is signed out', async () => {
    const app = await startApp({ session: { cookie: { maxAge: 60_000 } } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await withClockAhead(61, async () => {
      expect((await visitor.get('/private')).status).toBe(401)
    })
  })

  it('row 132: two nodes over one store share login, guard and logout', async () => {
    const store = new session.MemoryStore()
    const redirectUri = 'http://localhost/auth/apple/callback'
    const nodes = [
      await startApp({ session: { store }, options: { redirectUri } }),
      await startApp({ session: { store }, options: { redirectUri } }),
    ]
    const [one, two] = nodes.map(({ url }) => request(url))
    if (one === undefined || two === undefined) throw new Error('two nodes')
    const begun = await one.get('/auth/apple/login?returnTo=/private')
    const authorizeUrl = new URL(begun.headers.location ?? '')
    const finished = await two
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'same-origin')
      .set('Cookie', cookieOf(begun.headers))
      .type('form')
      .send({ code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect(finished.headers.location).toBe('/private')
    const cookie = cookieOf(finished.headers)
    expect((await one.get('/private').set('Cookie', cookie)).status).toBe(200)
    expect((await one.post('/auth/apple/logout').set('Cookie', cookie)).status).toBe(303)
    expect((await two.get('/private').set('Cookie', cookie)).status).toBe(401)
  })
})

/** A memory store whose methods fail or lie on demand. */
class FaultyStore extends session.MemoryStore {
  fails = new Set<'get' | 'set' | 'destroy'>()
  /** Fails the next write and no other. */
  failsNextSet = false
  rubbish: unknown

  override get(...[sid, done]: Parameters<session.MemoryStore['get']>): void {
    if (this.fails.has('get')) done(new Error('store is down'))
    else if (this.rubbish === undefined) super.get(sid, done)
    else done(null, this.rubbish as session.SessionData)
  }

  override set(...[sid, data, done]: Parameters<session.MemoryStore['set']>): void {
    const fails = this.fails.has('set') || this.failsNextSet
    this.failsNextSet = false
    if (fails) done?.(new Error('store is down'))
    else super.set(sid, data, done)
  }

  override destroy(...[sid, done]: Parameters<session.MemoryStore['destroy']>): void {
    if (this.fails.has('destroy')) done?.(new Error('store is down'))
    else super.destroy(sid, done)
  }
}

describe('a session store in trouble (catalogue section 7, row 131)', () => {
  it('sends nobody to Apple whose login could not be saved', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    store.fails.add('set')
    const answer = await app.visitor().get('/auth/apple/login')
    expect([answer.status, answer.headers.location]).toEqual([503, undefined])
    expect((app.errors[0] as AppleSessionStoreError).code).toBe('ERR_APPLE_SESSION_STORE')
  })

  it.each(['set', 'destroy', 'get'] as const)(
    'signs nobody in when %s fails at the end of the login',
    async (method) => {
      const store = new FaultyStore()
      const app = await startApp({
        session: { store },
        options: {
          onLogin: () => {
            if (method !== 'get') store.fails.add(method)
          },
        },
      })
      const visitor = app.visitor()
      const authorizeUrl = await beginLogin(visitor)
      const code = apple.issueCode(authorizeUrl)
      if (method === 'get') {
        apple.misbehave = ({ path }) => {
          if (path.endsWith('/token')) store.fails.add('get')
          return false
        }
      }
      const answer = await postCallback(visitor, { code, state: stateOf(authorizeUrl) })
      expect(answer.status).toBe(503)
      store.fails.clear()
      await expectSignedOut(visitor)
    },
  )

  it('signs nobody in when saving the login fails and express-session’s own try at the end works', async () => {
    const store = new FaultyStore()
    const app = await startApp({
      session: { store },
      options: {
        onLogin: () => {
          store.failsNextSet = true
        },
      },
    })
    const visitor = app.visitor()
    expect((await signIn(apple, visitor)).status).toBe(503)
    await expectSignedOut(visitor)
  })

  it.each([
    [{ cookie: {}, 'express-apple-auth:apple': 7 }],
    [{ cookie: {}, 'express-apple-auth:apple': 'rubbish' }],
    [{ cookie: {}, 'express-apple-auth:apple': '1|com.example.web||1|||a|x|||||0' }],
    [{ cookie: {}, 'express-apple-auth:apple': '1|com.example.web||1|||a|1|||no.jwt|0' }],
    [{ cookie: {}, 'express-apple-auth:apple': '1|com.example.web||1|||a|1||{|||' }],
    [{ cookie: {}, 'express-apple-auth:apple': 'sealed.1.AAAA' }],
    [{ cookie: {}, 'express-apple-auth:apple:logins': 'x' }],
    [
      {
        cookie: {},
        'express-apple-auth:apple:logins': [
          null,
          1,
          {},
          { state: '', nonce: '', returnTo: '/', scope: [], startedAt: 9e15 },
        ],
      },
    ],
  ])('takes rubbish for nobody signed in: %j', async (rubbish) => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    store.rubbish = rubbish
    expect((await visitor.get('/')).body).toEqual({ signedIn: false })
    expect((await visitor.get('/private')).status).toBe(401)
    expect((await postCallback(visitor, { code: 'x', state: 'x' })).status).toBe(400)
    expect((await visitor.get('/auth/apple/login')).status).toBe(302)
  })

  it('says so when the session could not be ended at logout, and revokes nothing', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    store.fails.add('destroy')
    expect((await visitor.post('/auth/apple/logout')).status).toBe(503)
    expect(apple.requestsTo('/revoke')).toHaveLength(0)
  })
})

describe('tokens that end (catalogue section 7)', () => {
  const withToken: TestAppSetup = {
    routes: (routes) =>
      routes.get('/token', (req, res, next) => {
        req.apple.getAccessToken().then((token) => res.json({ token }), next)
      }),
  }

  it('row 140: ten parallel requests with an ended token make one refresh, and nobody is signed out', async () => {
    const app = await startApp(withToken)
    const refreshes: AppleAuthEvents['refresh'][] = []
    app.apple.on('refresh', (event) => refreshes.push(event))
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await withClockAhead(3600, async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => visitor.get('/token')))
      expect(new Set(answers.map(({ body }) => (body as { token: string }).token)).size).toBe(1)
      expect(answers.every(({ status }) => status === 200)).toBe(true)
      expect((await visitor.get('/token')).status).toBe(200)
    })
    expect(apple.requestsTo('/token')).toHaveLength(2)
    expect(refreshes).toHaveLength(1)
  })

  it('a refresh under way brings no session back that a logout has ended', async () => {
    const app = await startApp({
      routes: (routes) =>
        routes.get('/token', (req, res) => {
          req.apple.getAccessToken().then(
            () => res.end(),
            // An error page may look who is signed in.
            () => res.status(req.apple.isAuthenticated ? 500 : 401).end(),
          )
        }),
      session: { resave: true, cookie: { maxAge: 86_400_000 } },
    })
    const visitor = app.visitor()
    const cookie = cookieOf((await signIn(apple, visitor)).headers)
    await withClockAhead(3600, async () => {
      apple.delay = ({ form }) => (form.get('grant_type') === 'refresh_token' ? 200 : 0)
      const token = visitor.get('/token').then()
      await new Promise((resolve) => setTimeout(resolve, 100))
      await visitor.post('/auth/apple/logout')
      const answer = await token
      expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined])
      expect((await request(app.url).get('/').set('Cookie', cookie)).body).toEqual({ signedIn: false })
    })
  })

  it.each([
    ['refused because the logout revoked it', '/token'],
    ['the school is read', '/school'],
  ])('brings no session back that a logout has ended while %s', async (_name, path) => {
    const store = new session.MemoryStore()
    const app = await startApp({
      options: { service: 'account-data-sharing' },
      session: { store, cookie: { maxAge: 86_400_000 } },
      routes: (routes, auth) => {
        withToken.routes?.(routes, auth)
        routes.get('/school', (req, res, next) => {
          req.apple.roster.organization().then((school) => res.json(school), next)
        })
      },
    })
    const visitor = app.visitor()
    apple.misbehave = ({ path: asked }, res) => {
      if (!asked.endsWith('/organization')) return false
      res.writeHead(503).end()
      return true
    }
    await signIn(apple, visitor)
    await withClockAhead(path === '/token' ? 3600 : 0, async () => {
      apple.misbehave = ({ form }, res) => {
        if (form.get('grant_type') !== 'refresh_token') return false
        const refusal = { error: 'invalid_grant' }
        setTimeout(() => res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(refusal)), 200)
        return true
      }
      apple.delay = ({ path: asked }) => (asked.endsWith('/organization') ? 200 : 0)
      const slow = visitor.get(path).then()
      await new Promise((resolve) => setTimeout(resolve, 100))
      await visitor.post('/auth/apple/logout')
      expect((await slow).headers['set-cookie']).toBeUndefined()
      const left = await new Promise((resolve) => {
        store.all((_error, sessions) => {
          resolve(sessions)
        })
      })
      expect(left).toEqual({})
    })
  })

  it.each(['invalid_grant', 'invalid_request'])(
    'row 141: a refresh answered %s ends the login, without a loop',
    async (error) => {
      const app = await startApp(withToken)
      const visitor = app.visitor()
      await signIn(apple, visitor)
      apple.misbehave = ({ form }, res) => {
        if (form.get('grant_type') !== 'refresh_token') return false
        res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
        return true
      }
      await withClockAhead(3600, async () => {
        expect((await visitor.get('/token')).body).toEqual({ code: 'ERR_APPLE_LOGIN_REQUIRED', say: 'Please sign in.' })
        await expectSignedOut(visitor)
        expect((await visitor.get('/token')).status).toBe(401)
      })
      expect(apple.requestsTo('/token')).toHaveLength(2)
    },
  )

  it.each([
    ['Apple’s 503', 503, ''],
    ['invalid_client', 400, '{"error":"invalid_client"}'],
  ])('a refresh that fails by %s keeps the login, and the next request tries again', async (_name, status, body) => {
    const app = await startApp(withToken)
    const visitor = app.visitor()
    await signIn(apple, visitor)
    apple.misbehave = ({ form }, res) => {
      if (form.get('grant_type') !== 'refresh_token') return false
      res.writeHead(status, { 'content-type': 'application/json' }).end(body)
      return true
    }
    await withClockAhead(3600, async () => {
      expect((await visitor.get('/token')).status).toBe(424)
      apple.reset()
      expect((await visitor.get('/token')).status).toBe(200)
    })
  })

  it('row 142: keeps the refresh token that Apple sent once', async () => {
    const app = await startApp(withToken)
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const tokens: string[] = []
    for (const hours of [1, 2]) {
      await withClockAhead(hours * 3600 + 60, async () => {
        expect((await visitor.get('/token')).status).toBe(200)
      })
      tokens.push(apple.requestsTo('/token').at(-1)?.form.get('refresh_token') ?? '')
    }
    expect(tokens[0]).toMatch(/^r/)
    expect(tokens[1]).toBe(tokens[0])
  })

  it('without a refresh token the access token serves until it ends, and then the login ends', async () => {
    const app = await startApp(withToken)
    apple.tokenAnswer = { refresh_token: undefined }
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await withClockAhead(3590, async () => {
      expect((await visitor.get('/token')).status).toBe(200)
    })
    await withClockAhead(3601, async () => {
      expect((await visitor.get('/token')).status).toBe(401)
    })
    await expectSignedOut(visitor)
  })

  it('asks for a login when nobody is signed in', async () => {
    const app = await startApp(withToken)
    expect((await app.visitor().get('/token')).status).toBe(401)
  })
})
