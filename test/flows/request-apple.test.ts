import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { LoginOptions } from '../../src/index.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp
let loginOptions: LoginOptions | undefined

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url, {
    routes: (routes) => {
      routes.get('/own-login', (req, res, next) => {
        req.apple.login(res, loginOptions).catch(next)
      })
      routes.get('/facts', (req, res) => {
        const { loginAt, loginUrl, claims, tokens, organization } = req.apple
        res.json({ loginAt, loginUrl, claims, scope: tokens?.scope, expiresAt: tokens?.expiresAt, organization })
      })
    },
  })
})
afterEach(() => {
  apple.reset()
  loginOptions = undefined
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

describe('req.apple', () => {
  it('stays the same where attach() is mounted twice, and is what from() gives before and after', async () => {
    const seen: unknown[] = []
    const twice = await TestApp.start(apple.url, {
      before: (routes, auth) => {
        routes.use((req, _res, next) => {
          seen.push(auth.from(req))
          next()
        })
        routes.use(auth.attach())
        routes.use((req, _res, next) => {
          seen.push(req.apple)
          next()
        })
      },
      routes: (routes, auth) =>
        routes.get('/seen', (req, res) => {
          seen.push(req.apple, auth.from(req))
          res.end()
        }),
    })
    await twice.visitor().get('/seen')
    await twice.stop()
    expect(seen).toHaveLength(4)
    expect(new Set(seen).size).toBe(1)
  })

  it.each<[string, (own: object) => object]>([
    ['an object that inherits from it', (own) => Object.create(own) as object],
    ['a proxy', (own) => new Proxy(own, {})],
    ['something else', () => ({ signedIn: true })],
  ])('may be wrapped by the app in %s: the instance goes on by itself', async (_name, wrap) => {
    const wrapped = await TestApp.start(apple.url, {
      routes: (routes, auth) => {
        routes.use((req, _res, next) => {
          Object.assign(req, { apple: wrap(req.apple) })
          next()
        })
        routes.get('/own', auth.requireAuth(), (req, res) => void res.json({ sub: auth.from(req).user?.sub }))
      },
    })
    const visitor = wrapped.visitor()
    expect((await visitor.get('/own')).status).toBe(401)
    await signIn(apple, visitor)
    const answer = await visitor.get('/own')
    await wrapped.stop()
    expect([answer.status, wrapped.errors]).toEqual([200, []])
    expect(answer.body).toMatchObject({ sub: expect.any(String) })
  })

  it('shows nothing of nobody', async () => {
    expect((await app.visitor().get('/facts')).body).toEqual({ loginUrl: '/auth/apple/login' })
  })

  it('shows the login: since when, until when, with which scopes and claims', async () => {
    const visitor = app.visitor()
    const before = Date.now()
    await signIn(apple, visitor)
    const { body } = await visitor.get('/facts')
    expect(Math.abs(Date.parse(body.loginAt as string) - before)).toBeLessThan(5000)
    expect(Math.abs(Date.parse(body.expiresAt as string) - before - 3_600_000)).toBeLessThan(5000)
    expect(body).toMatchObject({
      scope: 'name email',
      claims: { iss: apple.url, aud: 'com.example.web', nonce_supported: true },
    })
  })

  it('starts a login from the app’s own code, with a page and scopes of its choice', async () => {
    loginOptions = { returnTo: '/private', scope: 'email' }
    const visitor = app.visitor()
    const authorizeUrl = new URL((await visitor.get('/own-login')).headers.location ?? '')
    expect(authorizeUrl.searchParams.get('scope')).toBe('email')
    const done = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect(done.headers.location).toBe('/private')
    expect((await visitor.get('/facts')).body.scope).toBe('email')
  })

  it.each<[LoginOptions | undefined, string]>([
    [undefined, 'name email'],
    [{ scope: ['name'] }, 'name'],
  ])('asks for the right scopes: %j', async (options, scope) => {
    loginOptions = options
    const authorizeUrl = new URL((await app.visitor().get('/own-login')).headers.location ?? '')
    expect(authorizeUrl.searchParams.get('scope')).toBe(scope)
  })

  it('refuses a scope that the service does not know', async () => {
    loginOptions = { scope: 'edu.users.read' }
    expect((await app.visitor().get('/own-login')).body.code).toBe('ERR_APPLE_ARGUMENT')
  })
})

describe('GET /login for a JSON client', () => {
  it('gives what Apple JS needs, and remembers the login', async () => {
    const visitor = app.visitor()
    const { status, body, headers } = await visitor
      .get('/auth/apple/login?returnTo=/private')
      .set('Accept', 'application/json')
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(body).toEqual({
      clientId: 'com.example.web',
      scope: 'name email',
      redirectURI: `${app.url}/auth/apple/callback`,
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    })
    const request = new URL(
      `${apple.url}/?${new URLSearchParams({ nonce: body.nonce, client_id: body.clientId }).toString()}`,
    )
    const done = await postCallback(visitor, { code: apple.issueCode(request), state: body.state })
    expect(done.headers.location).toBe('/private')
    expect(apple.requestsTo('/token')[0]?.form.has('code_verifier')).toBe(false)
  })
})

describe('PKCE', () => {
  it('sends the verifier that fits the challenge', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    const verifier = apple.requestsTo('/token')[0]?.form.get('code_verifier') ?? ''
    const { createHash } = await import('node:crypto')
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(
      authorizeUrl.searchParams.get('code_challenge'),
    )
  })
})

describe('verifyIdToken', () => {
  it('resolves to the person, for this client and the other audiences', async () => {
    const many = await TestApp.start(apple.url, { options: { audiences: 'com.example.app com.example.pad' } })
    for (const audience of ['com.example.web', 'com.example.app', 'com.example.pad']) {
      await expect(many.apple.verifyIdToken(apple.idToken(audience))).resolves.toMatchObject({
        email: 'person@example.com',
        claims: { aud: audience },
      })
    }
    await expect(many.apple.verifyIdToken(apple.idToken('com.example.other'))).rejects.toThrow(/another client/)
    await many.stop()
  })

  it('compares the nonce and the audience that it is told', async () => {
    const jwt = apple.idToken('com.example.web', {}, 'n1')
    await expect(app.apple.verifyIdToken(jwt, { nonce: 'n1' })).resolves.toMatchObject({ claims: { nonce: 'n1' } })
    await expect(app.apple.verifyIdToken(jwt, { nonce: 'n2' })).rejects.toMatchObject({ code: 'ERR_APPLE_ID_TOKEN' })
    await expect(app.apple.verifyIdToken(jwt, { audience: 'com.example.app' })).rejects.toThrow(/aud/)
    await expect(app.apple.verifyIdToken(apple.idToken('x'), { audience: ['y', 'x'] })).resolves.toBeDefined()
  })

  it.each([undefined, null, 7, {}, '', 'x', 'a.b.c'])('refuses %j', async (value) => {
    await expect(app.apple.verifyIdToken(value as string)).rejects.toMatchObject({ code: 'ERR_APPLE_ID_TOKEN' })
  })
})
