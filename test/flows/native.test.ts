import { randomUUID } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import express, { type Express } from 'express'
import session from 'express-session'
import type { Response } from 'supertest'
import type { AppleAuthOptions, AppleLoginContext } from '../../src/index.js'
import { bundleId, sha256, signInOnDevice } from '../support/device.js'
import { signIn } from '../support/login-steps.js'
import type { TestApp, TestAppSetup } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { collectWarnings } from '../support/warnings.js'

const { apple, startApp } = useApple()

const sub = '001883.fcc77ba97500402389df96821ad9c790.1517'

function startNativeApp({ options, ...setup }: TestAppSetup = {}): Promise<TestApp> {
  return startApp({ ...setup, options: { audiences: [bundleId], ...options } })
}

/** GET /cart puts something into the session. */
function putIntoCart(app: Express): void {
  app.get('/cart', (req, res) => {
    req.session.cart = 'one book'
    res.end()
  })
}

function post(app: TestApp, body: unknown, visitor = app.visitor()): Promise<Response> {
  return visitor
    .post('/auth/apple/native')
    .send(body as object)
    .then()
}

describe('POST /native', () => {
  it('signs a person in, exchanging the code under the bundle id and without a redirect URI', async () => {
    const app = await startNativeApp()
    const phone = app.visitor()
    const raw = randomUUID()
    const login = signInOnDevice(apple, { nonce: sha256(raw) })
    const user = { name: { firstName: 'First', lastName: 'Last' }, email: 'not@believed.example' }
    const answer = await post(app, { ...login, nonce: raw, user }, phone)
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).toEqual({
      user: {
        sub,
        email: 'person@example.com',
        emailVerified: true,
        isPrivateEmail: false,
        unverifiedName: { firstName: 'First', lastName: 'Last' },
      },
    })
    const [exchange] = apple.requestsTo('/token')
    expect(Object.fromEntries(exchange?.form ?? [])).toMatchObject({
      client_id: bundleId,
      code: login.authorizationCode,
      grant_type: 'authorization_code',
    })
    expect(exchange?.form.has('redirect_uri')).toBe(false)
    expect((await phone.get('/private')).body).toMatchObject({ user: { sub } })
  })

  it('makes the client secret for the client id that the code belongs to', async () => {
    const app = await startNativeApp()
    await post(app, signInOnDevice(apple))
    const secret = apple.requestsTo('/token')[0]?.form.get('client_secret') ?? ''
    expect(JSON.parse(Buffer.from(secret.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ sub: bundleId })
  })

  it.each([
    ['raw', (raw: string) => raw],
    ['as its SHA-256', sha256],
  ])('takes a nonce that the app gives %s', async (_how, form) => {
    const app = await startNativeApp()
    const raw = randomUUID()
    const login = signInOnDevice(apple, { nonce: sha256(raw) })
    expect((await post(app, { ...login, nonce: form(raw) })).status).toBe(200)
    const unhashed = signInOnDevice(apple, { nonce: raw })
    expect((await post(app, { ...unhashed, nonce: raw })).status).toBe(200)
  })

  it('renews, and revokes at logout, under the client id that the tokens belong to', async () => {
    apple.tokenAnswer = { expires_in: 1 }
    const app = await startNativeApp({
      routes: (routes) => {
        routes.get('/token', (req, res, next) => {
          req.apple.getAccessToken().then((token) => res.json(token.slice(0, 1)), next)
        })
      },
    })
    const phone = app.visitor()
    await post(app, signInOnDevice(apple), phone)
    apple.tokenAnswer = { id_token: apple.idToken(bundleId) }
    expect((await phone.get('/token')).status).toBe(200)
    expect((await phone.post('/auth/apple/logout').set('Accept', 'application/json')).status).toBe(204)
    const [, refresh] = apple.requestsTo('/token')
    expect(refresh?.form.get('grant_type')).toBe('refresh_token')
    expect(refresh?.form.get('client_id')).toBe(bundleId)
    expect(apple.requestsTo('/revoke')[0]?.form.get('client_id')).toBe(bundleId)
  })

  it('keeps the app’s own data of a visitor, and gives the session a new id', async () => {
    const app = await startNativeApp({
      before: putIntoCart,
      routes: (routes) => {
        routes.get('/id', (req, res) => {
          res.json({ id: req.sessionID, cart: req.session.cart })
        })
      },
    })
    const phone = app.visitor()
    await phone.get('/cart')
    const before = (await phone.get('/id')).body
    await post(app, signInOnDevice(apple), phone)
    const after = (await phone.get('/id')).body
    expect(after).toMatchObject({ cart: 'one book' })
    expect(after.id).not.toBe(before.id)
  })

  it('asks onLogin as a callback does, and signs nobody in whom it refuses', async () => {
    const contexts: AppleLoginContext[] = []
    const onLogin: AppleAuthOptions['onLogin'] = (context) => {
      contexts.push(context)
      if (contexts.length === 2) throw new Error('no')
    }
    const app = await startNativeApp({ options: { onLogin, postLoginRedirect: '/start' } })
    await post(app, { ...signInOnDevice(apple), user: '{"name":{"firstName":"First"}}' })
    expect(contexts[0]).toMatchObject({
      claims: { aud: bundleId },
      unverifiedName: { firstName: 'First' },
      returnTo: '/start',
    })
    expect(contexts[0]?.tokens?.accessToken).toMatch(/^a/)
    const phone = app.visitor()
    expect((await post(app, signInOnDevice(apple), phone)).status).toBe(403)
    expect((await phone.get('/')).body).toEqual({ signedIn: false })
  })

  it('knows who it is without a code, and has no tokens then', async () => {
    const app = await startNativeApp({
      routes: (routes) => {
        routes.get('/tokens', (req, res, next) => {
          req.apple.getAccessToken().then(
            () => res.json('a token'),
            (error: unknown) => {
              if (req.apple.tokens === undefined) next(error)
              else res.json('tokens')
            },
          )
        })
      },
    })
    const phone = app.visitor()
    const { identityToken } = signInOnDevice(apple)
    expect((await post(app, { identityToken, authorizationCode: null }, phone)).status).toBe(200)
    expect(apple.requestsTo('/token')).toEqual([])
    expect((await phone.get('/private')).body).toMatchObject({ user: { sub } })
    expect((await phone.get('/tokens')).body).toMatchObject({ code: 'ERR_APPLE_LOGIN_REQUIRED' })
    expect((await phone.post('/auth/apple/logout').set('Accept', 'application/json')).status).toBe(204)
    expect((await phone.get('/')).body).toEqual({ signedIn: false })
  })

  it('takes an identity token once, with or without a code, and with another text of the same signature', async () => {
    const app = await startNativeApp()
    const [alone, withCode] = [signInOnDevice(apple), signInOnDevice(apple)]
    expect((await post(app, { identityToken: alone.identityToken })).status).toBe(200)
    expect((await post(app, withCode)).status).toBe(200)
    // 2048 bits end in a character of which four bits count for nothing.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const { identityToken } of [alone, withCode]) {
      const other = alphabet[alphabet.indexOf(identityToken.slice(-1)) ^ 1] ?? ''
      for (const token of [identityToken, identityToken.slice(0, -1) + other]) {
        const again = await post(app, { identityToken: token })
        expect([again.status, again.body.code]).toEqual([401, 'ERR_APPLE_ID_TOKEN'])
      }
    }
  })

  it('leaves an identity token good when Apple does not exchange its code just now', async () => {
    const app = await startNativeApp()
    const login = signInOnDevice(apple)
    apple.misbehave = ({ path }, res) => path.endsWith('/token') && Boolean(res.writeHead(503).end())
    expect((await post(app, login)).status).toBe(424)
    apple.misbehave = () => false
    expect((await post(app, login)).status).toBe(200)
  })

  it('names the redirect URI at the exchange where the app does, as on Android, and takes its own alone', async () => {
    const app = await startNativeApp()
    const redirectUri = `${app.url}/auth/apple/callback`
    const login = signInOnDevice(apple, { aud: 'com.example.web' })
    expect((await post(app, { ...login, redirectUri: 'https://evil.example/' })).body.code).toBe(
      'ERR_APPLE_NATIVE_LOGIN',
    )
    expect((await post(app, { ...login, redirectUri })).status).toBe(200)
    expect(apple.requestsTo('/token').map(({ form }) => form.get('redirect_uri'))).toEqual([redirectUri])
  })

  it('brings back no session that was ended while Apple was asked', async () => {
    const app = await startNativeApp({
      before: putIntoCart,
      routes: (routes) => {
        routes.get('/cart-now', (req, res) => res.json(req.session.cart ?? 'none'))
      },
    })
    const phone = app.visitor()
    const signedIn = await signIn(apple, phone)
    const cookie = String(signedIn.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    await phone.get('/cart')
    apple.delay = ({ path }) => (path.endsWith('/token') ? 300 : 0)
    const login = post(app, signInOnDevice(apple), phone)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const out = app.visitor().post('/auth/apple/logout').set('Cookie', cookie)
    expect((await out.set('Accept', 'application/json')).status).toBe(204)
    expect((await login).status).toBe(200)
    expect((await phone.get('/cart-now')).body).toBe('none')
  })

  it('leaves an identity token without a code good when onLogin refuses it', async () => {
    let refuses = true
    const onLogin = (): void => {
      if (refuses) throw new Error('not now')
    }
    const app = await startNativeApp({ options: { onLogin } })
    const { identityToken } = signInOnDevice(apple)
    expect((await post(app, { identityToken })).status).toBe(403)
    refuses = false
    expect((await post(app, { identityToken })).status).toBe(200)
  })

  it('believes no session of a client id that is ours no longer', async () => {
    const store = new session.MemoryStore()
    const setup = { session: { store }, options: { redirectUri: 'http://localhost/auth/apple/callback' } }
    const app = await startNativeApp(setup)
    const phone = app.visitor()
    const answer = await post(app, signInOnDevice(apple), phone)
    const cookie = String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    const later = await startApp(setup)
    expect((await later.visitor().get('/').set('Cookie', cookie)).body).toEqual({ signedIn: false })
    expect((await app.visitor().get('/').set('Cookie', cookie)).body).toMatchObject({ signedIn: true })
  })

  it('says that a scope for the e-mail address was granted where there is one', async () => {
    const app = await startNativeApp({
      routes: (routes, auth) => {
        routes.get('/mail', auth.requireAuth({ scope: 'email' }), (_req, res) => res.json('mail'))
      },
    })
    const [one, other] = [app.visitor(), app.visitor()]
    await post(app, signInOnDevice(apple), one)
    await post(app, signInOnDevice(apple, { without: ['email'] }), other)
    expect((await one.get('/mail')).status).toBe(200)
    expect((await other.get('/mail').set('Accept', 'application/json')).status).toBe(403)
  })

  it('works where the app has parsed the body before', async () => {
    const app = await startNativeApp({ first: (first) => first.use(express.json()) })
    expect((await post(app, signInOnDevice(apple))).status).toBe(200)
  })

  it('tells of the login, and of one that failed', async () => {
    const app = await startNativeApp()
    const told: unknown[] = []
    app.apple.on('login', ({ user }) => told.push(user?.sub))
    app.apple.on('login_failed', ({ error }) => told.push(error.code))
    await post(app, signInOnDevice(apple))
    await post(app, { identityToken: 'none' })
    expect(told).toEqual([sub, 'ERR_APPLE_ID_TOKEN'])
  })

  it('drops what somebody else left in the session', async () => {
    const app = await startNativeApp()
    const phone = app.visitor()
    await signIn(apple, phone, { idToken: { claims: { sub: 'somebody-else' } } })
    await post(app, signInOnDevice(apple), phone)
    expect((await phone.get('/')).body).toEqual({ signedIn: true, sub })
  })

  it('is there for people only', async () => {
    const app = await startApp({ options: { service: 'account-data-sharing' } })
    expect((await post(app, signInOnDevice(apple))).status).toBe(404)
  })

  it('is posted to and nothing else', async () => {
    const app = await startNativeApp()
    const answer = await app.visitor().get('/auth/apple/native')
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST'])
  })

  it('needs no other key: a ready-made secret serves its own client id alone, and says so', async () => {
    const app = await startNativeApp()
    const own = signInOnDevice(apple, { aud: 'com.example.web' })
    expect((await post(app, own)).status).toBe(200)
    const secret = apple.requestsTo('/token')[0]?.form.get('client_secret') ?? ''
    const options = { clientSecret: secret, privateKey: undefined, keyId: undefined, teamId: undefined }
    let readyMade = app
    // It ends within the hour.
    await collectWarnings(async () => (readyMade = await startNativeApp({ options })))
    expect((await post(readyMade, signInOnDevice(apple, { aud: 'com.example.web' }))).status).toBe(200)
    expect((await post(readyMade, signInOnDevice(apple))).status).toBe(500)
    expect(String(readyMade.errors[0])).toContain('serves no other client id of audiences')
  })
})
