import { describe, expect, it } from '@jest/globals'
import type { Express } from 'express'
import session from 'express-session'
import { beginLogin, postCallback, stateOf } from '../support/login-steps.js'
import { useApple } from '../support/use-apple.js'
import { collectWarnings } from '../support/warnings.js'

const { apple, startApp } = useApple()

const trustProxy = (app: Express): void => {
  app.set('trust proxy', 1)
}

describe('a Secure cookie over plain http', () => {
  it('is explained, with trust proxy by name', async () => {
    const app = await startApp({ session: { cookie: { secure: true } } })
    const answer = await app.visitor().get('/auth/apple/login').set('X-Forwarded-Proto', 'https')
    expect([answer.status, answer.body.code]).toEqual([500, 'ERR_APPLE_INSECURE_COOKIE'])
    expect((app.errors[0] as Error).message).toMatch(/app\.set\('trust proxy', 1\)/)
  })

  it('is fine behind a proxy that Express trusts, and with secure: auto', async () => {
    const trusting = await startApp({ session: { cookie: { secure: true } }, first: trustProxy })
    const behind = await trusting.visitor().get('/auth/apple/login').set('X-Forwarded-Proto', 'https')
    expect(behind.status).toBe(302)
    expect(String(behind.headers['set-cookie'])).toMatch(/; Secure/)
    const auto = await startApp({ session: { cookie: { secure: 'auto' } } })
    expect((await auto.visitor().get('/auth/apple/login')).status).toBe(302)
  })

  it('is no matter once the cookie has come back, as under session({ proxy: true })', async () => {
    const app = await startApp({
      session: { cookie: { secure: true }, proxy: true },
      routes: (routes) =>
        routes.get('/cart', (req, res) => {
          Object.assign(req.session, { cart: 1 })
          res.end()
        }),
    })
    const secured = { 'X-Forwarded-Proto': 'https' }
    const cookie = String((await app.visitor().get('/cart').set(secured)).headers['set-cookie']).split(';')[0] ?? ''
    const answer = await app
      .visitor()
      .get('/auth/apple/login')
      .set({ ...secured, Cookie: cookie })
    expect(answer.status).toBe(302)
  })
})

describe('a login begun on another host name', () => {
  it('row 33: goes to the redirect URI’s host first, with its return path', async () => {
    const app = await startApp()
    const answer = await app.visitor().get('/auth/apple/login?returnTo=/private').set('Host', 'www.school.example')
    expect([answer.status, answer.headers.location]).toEqual([
      302,
      `${app.url}/auth/apple/login?returnTo=%2Fprivate&apple_host=settled`,
    ])
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('row 33: goes round in no circle where a proxy changes Host, but says so', async () => {
    const app = await startApp()
    const answer = await app.visitor().get('/auth/apple/login?apple_host=settled').set('Host', 'backend.internal')
    expect([answer.status, answer.body.code]).toEqual([421, 'ERR_APPLE_WRONG_HOST'])
    expect((app.errors[0] as Error).message).toMatch(/X-Forwarded-Host/)
  })

  it('takes the forwarded host of a trusted proxy', async () => {
    const app = await startApp({ first: trustProxy })
    const answer = await app
      .visitor()
      .get('/auth/apple/login')
      .set({ Host: 'backend.internal', 'X-Forwarded-Host': 'localhost' })
    expect(answer.status).toBe(302)
    expect(answer.headers.location).toContain('/auth/authorize?')
  })
})

describe('warnings', () => {
  it('names the memory store in production, once', async () => {
    const environment = process.env.NODE_ENV
    process.env.NODE_ENV = 'production'
    try {
      const warnings = await collectWarnings(async () => {
        const app = await startApp()
        for (let count = 0; count < 3; count += 1) await beginLogin(app.visitor())
      })
      expect(warnings.filter(({ code }) => code === 'APPLE_MEMORY_STORE')).toHaveLength(1)
      const withStore = await collectWarnings(async () => {
        class OtherStore extends session.MemoryStore {}
        await beginLogin((await startApp({ session: { store: new OtherStore() } })).visitor())
      })
      expect(withStore.filter(({ code }) => code === 'APPLE_MEMORY_STORE')).toEqual([])
    } finally {
      process.env.NODE_ENV = environment
    }
  })

  it('says where Apple’s answers will not arrive', async () => {
    const warnings = await collectWarnings(async () => {
      const app = await startApp({ before: (before, auth) => before.use('/elsewhere', auth.router()) })
      await app.visitor().get('/elsewhere/login')
      await app.visitor().get('/auth/apple/login')
    })
    const [warning, ...more] = warnings.filter(({ code }) => code === 'APPLE_CALLBACK_PATH')
    expect(more).toEqual([])
    expect(warning?.message).toMatch(/path is \/auth\/apple\/callback, but the router answers \/elsewhere\/callback/)
  })
})

describe('a session middleware that is not express-session', () => {
  it('is explained', async () => {
    const app = await startApp({
      session: 'none',
      before: (before) =>
        before.use((req, _res, next) => {
          Object.assign(req, { session: {} })
          next()
        }),
    })
    expect((await app.visitor().get('/auth/apple/login')).body.code).toBe('ERR_APPLE_SESSION_MISSING')
    expect((app.errors[0] as Error).message).toMatch(/use express-session/)
  })

  it('may be mounted between attach() and the router', async () => {
    const app = await startApp({ before: (before, auth) => before.use(auth.attach()) })
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    expect(
      (await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })).status,
    ).toBe(303)
  })
})

describe('errors without an error page of the app’s', () => {
  it('show the visitor no stack and no detail', async () => {
    const app = await startApp({ errorPage: false })
    const answer = await app.visitor().get('/auth/apple/callback?state=x')
    expect(answer.status).toBe(405)
    expect(answer.text).not.toMatch(/\.ts:|\.js:|&nbsp;at /)
    expect(answer.headers.allow).toBe('POST')
  })
})
