import { format, inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import createDebug from 'debug'
import {
  AppleArgumentError,
  type AppleAuth,
  type AppleAuthEvents,
  AppleAuthError,
  type AppleTokens,
} from '../src/index.js'
import { beginLogin, postCallback, signIn, stateOf, type Visitor } from './support/login-steps.js'
import { LoopbackApple } from './support/loopback-apple.js'
import { p8, TestApp } from './support/test-app.js'

const names = ['login', 'login_failed', 'login_cancelled', 'logout', 'refresh', 'revocation_failed'] as const
const sub = '001883.fcc77ba97500402389df96821ad9c790.1517'

let apple: LoopbackApple
let app: TestApp
let heard: { name: string; payload: object }[]
let tokens: AppleTokens | undefined

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(async () => {
  heard = []
  app = await TestApp.start(apple.url, {
    before: (_express, auth) => {
      for (const name of names) listen(auth, name)
    },
    routes: (express) => {
      express.get('/token', async (req, res) => {
        tokens = req.apple.tokens
        await req.apple.getAccessToken()
        res.end()
      })
    },
  })
})
afterEach(async () => {
  await app.stop()
  apple.reset()
})
afterAll(() => apple.stop())

function listen(auth: AppleAuth, name: keyof AppleAuthEvents): void {
  auth.on(name, (payload) => heard.push({ name, payload }))
}

/** Everything that happens here, one after the other; gives each text that no event may show. */
async function everythingHappens(visitor: Visitor): Promise<string[]> {
  apple.tokenAnswer = { expires_in: 30 }
  await signIn(apple, visitor, { returnTo: '/private' })
  await visitor.get('/token')
  const secrets = [tokens?.accessToken, tokens?.refreshToken, tokens?.idToken]
  await visitor.get('/token')
  secrets.push(tokens?.accessToken)
  const refuse = 'invalid_client'
  apple.misbehave = ({ path }, res) => {
    if (!path.endsWith('/revoke')) return false
    res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: refuse }))
    return true
  }
  await visitor.post('/auth/apple/logout')
  apple.misbehave = () => false
  await postCallback(visitor, { state: stateOf(await beginLogin(visitor)), error: 'user_cancelled_authorize' })
  await signIn(apple, visitor, { idToken: { claims: { nonce: 'of another login' } } })
  await postCallback(visitor, { state: stateOf(await beginLogin(visitor)), code: 'never-issued' })
  for (const { form } of apple.requests) {
    for (const field of ['code', 'code_verifier', 'client_secret', 'token', 'refresh_token'])
      secrets.push(...form.getAll(field))
  }
  return [...new Set(secrets)].filter((secret) => secret !== undefined)
}

describe('AppleAuth.on', () => {
  it('tells of a login: who, and where they went', async () => {
    await signIn(apple, app.visitor(), { returnTo: '/private?week=3' })
    expect(heard).toEqual([
      {
        name: 'login',
        payload: {
          user: expect.objectContaining({ sub, emailVerified: true }),
          organization: undefined,
          scope: 'name email',
          returnTo: '/private?week=3',
        },
      },
    ])
  })

  it('tells of a failed login once, with its error', async () => {
    await signIn(apple, app.visitor(), { idToken: { claims: { nonce: 'of another login' } } })
    expect(heard).toEqual([{ name: 'login_failed', payload: { error: app.errors[0] } }])
    expect(app.errors[0]).toMatchObject({ code: 'ERR_APPLE_ID_TOKEN' })
  })

  it('tells of a cancelled login, which is no failure', async () => {
    const visitor = app.visitor()
    const state = stateOf(await beginLogin(visitor, '/private'))
    await postCallback(visitor, { state, error: 'user_cancelled_authorize' })
    expect(heard).toEqual([{ name: 'login_cancelled', payload: { returnTo: '/private' } }])
  })

  it('tells of a logout, and that Apple took the tokens back', async () => {
    const visitor = app.visitor()
    await signIn(apple, visitor)
    heard = []
    await visitor.post('/auth/apple/logout')
    expect(heard).toEqual([{ name: 'logout', payload: { sub, organizationId: undefined, revoked: true } }])
  })

  it('tells of a revocation that Apple refused, and of the logout all the same', async () => {
    const visitor = app.visitor()
    await signIn(apple, visitor)
    heard = []
    apple.misbehave = (_req, res) => {
      res.writeHead(500).end()
      return true
    }
    await visitor.post('/auth/apple/logout')
    expect(heard).toEqual([
      {
        name: 'revocation_failed',
        payload: { sub, organizationId: undefined, error: expect.any(AppleAuthError), willRetry: true },
      },
      { name: 'logout', payload: { sub, organizationId: undefined, revoked: false } },
    ])
  })

  it('tells of a renewed access token, and when it ends', async () => {
    const visitor = app.visitor()
    apple.tokenAnswer = { expires_in: 30 }
    await signIn(apple, visitor)
    heard = []
    apple.tokenAnswer = { expires_in: 3000 }
    await visitor.get('/token')
    expect(heard).toEqual([
      { name: 'refresh', payload: { sub, organizationId: undefined, expiresAt: expect.any(Date) } },
    ])
    const [{ payload } = { payload: {} }] = heard
    expect((payload as AppleAuthEvents['refresh']).expiresAt.getTime()).toBeGreaterThan(Date.now() + 2_900_000)
  })

  it('shows no token, code, secret or key in any payload', async () => {
    const secrets = await everythingHappens(app.visitor())
    expect(secrets.length).toBeGreaterThanOrEqual(10)
    expect(new Set(heard.map(({ name }) => name))).toEqual(new Set(names))
    const shown = inspect(heard, { depth: Infinity, showHidden: true }) + JSON.stringify(heard)
    for (const secret of [...secrets, p8.split('\n')[1] ?? '']) {
      expect(secret.length).toBeGreaterThan(8)
      expect(shown).not.toContain(secret)
    }
  })

  it('calls every listener, and gives back the instance', async () => {
    let calls = 0
    const count = (): void => {
      calls++
    }
    expect(app.apple.on('login', count).on('login', count)).toBe(app.apple)
    await signIn(apple, app.visitor())
    expect(calls).toBe(2)
  })

  it.each(['signin', 'error', 'constructor', '__proto__', '', 5, undefined])('refuses the event %p', (name) => {
    const on = (): unknown => app.apple.on(name as 'login', () => undefined)
    expect(on).toThrow(AppleArgumentError)
    expect(on).toThrow(/login, login_failed, login_cancelled/)
  })

  it.each([undefined, null, 'listener', {}])('refuses %p for a listener', (listener) => {
    expect(() => app.apple.on('login', listener as () => void)).toThrow(AppleArgumentError)
  })
})

describe('a listener that throws', () => {
  it('stops neither the login nor other listeners', async () => {
    const visitor = app.visitor()
    let called = false
    app.apple.on('login', () => {
      throw new Error('listener')
    })
    app.apple.on('login', () => {
      called = true
    })
    expect((await signIn(apple, visitor)).status).toBe(303)
    expect((await visitor.get('/private')).status).toBe(200)
    expect(called).toBe(true)
    expect(app.errors).toEqual([])
  })

  it('does not stop the process when it is async: its rejection is caught', async () => {
    const listener = (): unknown => Promise.reject(new Error('async listener'))
    app.apple.on('login', listener)
    // Jest itself fails this test for a rejection that nobody handles, as Node would end the process.
    expect((await signIn(apple, app.visitor())).status).toBe(303)
    await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('the debug log', () => {
  const { log } = createDebug
  let lines: string[]

  beforeEach(() => {
    lines = []
    createDebug.enable('express-apple-auth')
    createDebug.log = (...values: unknown[]) => {
      lines.push(format(...values))
    }
  })
  afterEach(() => {
    createDebug.disable()
    createDebug.log = log
  })

  it('has an entry for each event, with what the operator needs and without a token', async () => {
    const secrets = await everythingHappens(app.visitor())
    expect(lines).toHaveLength(heard.length)
    for (const name of names) expect(lines.join('\n')).toContain(`apple: ${name} `)
    expect(lines.join('\n')).toContain('invalid_grant')
    for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret)
  })

  it('says that a listener threw', async () => {
    app.apple.on('login', () => {
      throw new Error('oops')
    })
    await signIn(apple, app.visitor())
    expect(lines.join('\n')).toMatch(/a listener for login threw.*oops/s)
  })
})
