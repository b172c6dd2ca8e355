import session, { MemoryStore, type SessionData } from 'express-session'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Express } from 'express'
import { AppleSessionMissingError, AppleSessionStoreError } from '../../src/index.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp, type TestAppSetup } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
afterEach(async () => {
  await app.stop()
  apple.reset()
})
afterAll(() => apple.stop())

/** A store that fails on demand, as one does whose server is gone. */
class FailingStore extends MemoryStore {
  failing: 'set' | 'destroy' | undefined

  override set(id: string, data: SessionData, done?: (error?: unknown) => void): void {
    if (this.failing === 'set') done?.(new Error('ECONNREFUSED'))
    else super.set(id, data, done)
  }

  override destroy(id: string, done?: (error?: unknown) => void): void {
    if (this.failing === 'destroy') done?.(new Error('ECONNREFUSED'))
    else super.destroy(id, done)
  }
}

async function start(setup: TestAppSetup): Promise<TestApp> {
  app = await TestApp.start(apple.url, setup)
  return app
}

/** Puts something on `req.session` that is no session of express-session. */
function cookieSession(express: Express): void {
  express.use((req, _res, next) => {
    Object.assign(req, { session: { views: 1 } })
    next()
  })
}

describe('an app without a session', () => {
  it.each(['/auth/apple/login', '/', '/private'])('gets a sentence that says what to mount, at %s', async (path) => {
    const { status, body } = await (await start({ session: 'none' })).visitor().get(path)
    expect(status).toBe(500)
    expect(body).toMatchObject({ code: 'ERR_APPLE_SESSION_MISSING' })
    expect(app.errors).toEqual([expect.any(AppleSessionMissingError)])
    expect(String(app.errors[0])).toMatch(/mount express-session before/)
  })

  it('gets it at the callback too, before Apple is asked for anything', async () => {
    await start({ session: 'none' })
    const { body } = await postCallback(app.visitor(), { code: 'code', state: 'state' })
    expect(body).toMatchObject({ code: 'ERR_APPLE_SESSION_MISSING' })
    expect(apple.requests).toEqual([])
  })

  it('works all the same where nothing of the login is read', async () => {
    await start({
      session: 'none',
      routes: (express) => {
        express.get('/health', (_req, res) => {
          res.json('ok')
        })
      },
    })
    expect((await app.visitor().get('/health')).body).toBe('ok')
  })
})

describe('an app with a session that is not of express-session', () => {
  it('gets a sentence that says so', async () => {
    await start({ session: 'none', first: cookieSession })
    const { body } = await app.visitor().get('/auth/apple/login')
    expect(body).toMatchObject({ code: 'ERR_APPLE_SESSION_MISSING' })
    expect(String(app.errors[0])).toMatch(/use express-session/)
  })
})

describe('a session store that fails (row 131)', () => {
  it('begins no login that it could not finish', async () => {
    const store = new FailingStore()
    await start({ session: { store } })
    store.failing = 'set'
    const { status, body, headers } = await app.visitor().get('/auth/apple/login')
    expect(status).toBe(503)
    expect(body).toMatchObject({ code: 'ERR_APPLE_SESSION_STORE' })
    expect(headers.location).toBeUndefined()
    expect(app.errors[0]).toBeInstanceOf(AppleSessionStoreError)
    expect((app.errors[0] as Error).cause).toEqual(new Error('ECONNREFUSED'))
  })

  it('signs nobody in', async () => {
    const store = new FailingStore()
    await start({ session: { store } })
    const visitor = app.visitor()
    const url = await beginLogin(visitor)
    store.failing = 'set'
    const answer = await postCallback(visitor, { code: apple.issueCode(url), state: stateOf(url) })
    expect(answer.status).toBe(503)
    store.failing = undefined
    expect((await visitor.get('/')).body).toEqual({ signedIn: false })
  })

  it('revokes nothing for somebody whom it keeps signed in', async () => {
    const store = new FailingStore()
    await start({ session: { store } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    store.failing = 'destroy'
    const answer = await visitor.post('/auth/apple/logout')
    expect(answer.status).toBe(503)
    expect(answer.body).toMatchObject({ code: 'ERR_APPLE_SESSION_STORE' })
    expect(apple.requestsTo('/revoke')).toEqual([])
  })
})

describe("the app's own session", () => {
  it('may have any cookie name', async () => {
    await start({ session: { name: 'my.sid' } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    expect((await visitor.get('/')).body).toMatchObject({ signedIn: true })
    const answer = await visitor.post('/auth/apple/logout')
    expect(answer.get('Set-Cookie')?.join()).toMatch(/^my\.sid=;/)
  })

  it('keeps what the app put there before the login', async () => {
    await start({
      session: { store: new session.MemoryStore() },
      routes: (express) => {
        express.get('/cart', (req, res) => {
          const bag = req.session as { cart?: string }
          bag.cart ??= 'full'
          res.json(bag)
        })
      },
    })
    const visitor = app.visitor()
    await visitor.get('/cart')
    await signIn(apple, visitor)
    expect((await visitor.get('/cart')).body).toMatchObject({ cart: 'full' })
  })
})
