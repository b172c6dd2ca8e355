import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import session from 'express-session'
import { appleAuth } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { goodOptions, TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp
let store: session.MemoryStore

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(async () => {
  store = new session.MemoryStore()
  app = await TestApp.start(apple.url, { session: { store } })
})
afterEach(async () => {
  await app.stop()
  apple.reset()
})
afterAll(async () => {
  await apple.stop()
})

function stored(): Promise<session.SessionData[]> {
  return new Promise((resolve, reject) => {
    store.all((error, sessions) => {
      if (error) reject(error as Error)
      else resolve(Object.values(sessions ?? {}))
    })
  })
}

describe('attacks on /login (catalogue section 6)', () => {
  it.each([
    'https://evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/x/..//evil.example',
    '/%2e%2e//evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example',
    '@evil.example',
    'http:evil.example',
    'https:/evil.example',
    '/\u0000/evil.example',
    '／／evil.example',
    '/\r\nSet-Cookie: x=1',
    `/${'x'.repeat(3000)}`,
    '/auth/apple/login',
    '/auth/apple/login/',
    '/auth/apple/logout',
    '/auth/apple/callback?code=x',
    '',
  ])('row 114: leads nowhere but home for the return path %j', async (returnTo) => {
    const visitor = app.visitor()
    expect((await signIn(apple, visitor, { returnTo })).headers.location).toBe('/')
  })

  it.each([
    ['/a/../private?x=1#y', '/private?x=1#y'],
    ['/%2Fevil.example', '/%2Fevil.example'],
    ['/%5Cevil.example', '/%5Cevil.example'],
    ['/／evil.example', '/%EF%BC%8Fevil.example'],
    ['/user@evil.example', '/user@evil.example'],
    ['/?next=https://evil.example', '/?next=https://evil.example'],
  ])('row 114: keeps %j on this site as %j', async (returnTo, location) => {
    expect((await signIn(apple, app.visitor(), { returnTo })).headers.location).toBe(location)
  })

  it('row 114: takes no second or nested return path', async () => {
    for (const query of ['returnTo=/a&returnTo=//evil.example', 'returnTo[]=/a', 'returnTo[x]=/a']) {
      const visitor = app.visitor()
      const answer = await visitor.get(`/auth/apple/login?${query}`)
      const authorizeUrl = new URL(answer.headers.location ?? '')
      const done = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
      expect(done.headers.location).toBe('/')
    }
  })

  it('row 115: lets the query change nothing of the authorization request', async () => {
    const query =
      'client_id=x&redirect_uri=https://evil.example&state=x&nonce=x&response_type=token&response_mode=query&scope=x'
    const url = new URL((await app.visitor().get(`/auth/apple/login?${query}`)).headers.location ?? '')
    const { state, nonce, code_challenge: challenge, ...rest } = Object.fromEntries(url.searchParams)
    expect(rest).toEqual({
      client_id: 'com.example.web',
      redirect_uri: `${app.url}/auth/apple/callback`,
      response_type: 'code',
      response_mode: 'form_post',
      scope: 'name email',
      code_challenge_method: 'S256',
    })
    for (const value of [state, nonce, challenge]) expect(value).toMatch(/^[\w-]{43}$/)
  })

  it('row 117: makes 200 states and nonces that never repeat', async () => {
    const visitor = app.visitor()
    const seen = new Set<string>()
    for (let count = 0; count < 200; count += 1) {
      const { searchParams } = await beginLogin(visitor)
      seen.add(searchParams.get('state') ?? '').add(searchParams.get('nonce') ?? '')
    }
    expect(seen.size).toBe(400)
    for (const value of seen) expect(Buffer.from(value, 'base64url')).toHaveLength(32)
  })

  it('row 118: keeps nothing of 300 anonymous hits once their logins have run out', async () => {
    for (let count = 0; count < 300; count += 1) await app.visitor().get('/auth/apple/login')
    expect(await stored()).toHaveLength(300)
    await withClockAhead(15 * 60 + 1, async () => {
      expect(await stored()).toHaveLength(0)
    })
  })

  it('row 118: that holds for a browser that comes back with its cookie, too', async () => {
    const visitor = app.visitor()
    await beginLogin(visitor)
    await beginLogin(visitor)
    await withClockAhead(15 * 60 + 1, async () => {
      expect(await stored()).toHaveLength(0)
    })
  })

  it('row 118: that holds for one that goes on to other pages, too', async () => {
    const visitor = app.visitor()
    await beginLogin(visitor)
    await visitor.get('/')
    expect(await stored()).toHaveLength(1)
    await withClockAhead(15 * 60 + 1, async () => {
      expect(await stored()).toHaveLength(0)
    })
  })

  it('row 118: two instances in one session together stay under 8 KiB', async () => {
    const school = appleAuth({
      ...goodOptions(apple.url, app.url),
      name: 'school',
      redirectUri: `${app.url}/auth/school/callback`,
    })
    const both = await TestApp.start(apple.url, {
      session: { store },
      before: (routes) => routes.use('/auth/school', school.router()),
      options: { redirectUri: `${app.url}/auth/apple/callback` },
    })
    const visitor = both.visitor()
    for (const path of ['x'.repeat(1500), 'y'.repeat(1500), 'z', 'z', 'z', 'z', 'z', 'z']) {
      for (const instance of ['apple', 'school']) {
        await visitor.get(`/auth/${instance}/login?returnTo=/${path}`).set('Host', new URL(app.url).host)
      }
    }
    const [only] = await stored()
    expect(JSON.stringify(only).length).toBeGreaterThan(4096)
    expect(JSON.stringify(only).length).toBeLessThan(8192)
    await both.stop()
  })

  it('row 118: shortens neither the browser’s cookie nor a session that holds more', async () => {
    const withCart = await TestApp.start(apple.url, {
      session: { store, cookie: { maxAge: 86_400_000 } },
      before: (before) =>
        before.get('/cart', (req, res) => {
          Object.assign(req.session, { cart: ['book'] })
          res.json(req.session)
        }),
    })
    const visitor = withCart.visitor()
    const first = await visitor.get('/auth/apple/login')
    expect(secondsLeft(String(first.headers['set-cookie']))).toBeGreaterThan(86_000)
    await visitor.get('/cart')
    await beginLogin(visitor)
    await withClockAhead(12 * 3600, async () => {
      expect(await stored()).toHaveLength(1)
      expect((await visitor.get('/cart')).body).toMatchObject({ cart: ['book'] })
    })
    await withCart.stop()
  })

  it('row 119: keeps eight pending logins of fifty, the youngest, in a small session', async () => {
    const visitor = app.visitor()
    const begun: URL[] = []
    for (let count = 0; count < 50; count += 1) begun.push(await beginLogin(visitor, `/private?${'x'.repeat(500)}`))
    const [only] = await stored()
    expect(JSON.stringify(only).length).toBeLessThan(8192)
    const oldest = begun[0] ?? new URL('')
    expect((await postCallback(visitor, { code: apple.issueCode(oldest), state: stateOf(oldest) })).status).toBe(400)
    const youngest = begun.at(-1) ?? oldest
    expect((await postCallback(visitor, { code: apple.issueCode(youngest), state: stateOf(youngest) })).status).toBe(
      303,
    )
  })

  it('row 119: eight short ones are all kept', async () => {
    const visitor = app.visitor()
    const begun: URL[] = []
    for (let count = 0; count < 8; count += 1) begun.push(await beginLogin(visitor, `/private?${String(count)}`))
    const oldest = begun[0] ?? new URL('')
    expect((await postCallback(visitor, { code: apple.issueCode(oldest), state: stateOf(oldest) })).status).toBe(303)
  })

  it.each([
    ['HEAD', { method: 'head' as const, headers: {} }],
    ['Sec-Purpose: prefetch', { method: 'get' as const, headers: { 'Sec-Purpose': 'prefetch;prerender' } }],
    ['Purpose: prefetch', { method: 'get' as const, headers: { Purpose: 'prefetch' } }],
    ['X-Moz: prefetch', { method: 'get' as const, headers: { 'X-Moz': 'prefetch' } }],
  ])('row 120: begins nothing for %s', async (_name, { method, headers }) => {
    const answer = await app.visitor()[method]('/auth/apple/login').set(headers)
    expect(answer.status).not.toBe(302)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(await stored()).toHaveLength(0)
  })

  it('takes GET alone', async () => {
    const answer = await app.visitor().post('/auth/apple/login')
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET'])
  })
})

function secondsLeft(cookie: string): number {
  const expires = /Expires=([^;]+)/.exec(cookie)?.[1] ?? ''
  return (Date.parse(expires) - Date.now()) / 1000
}
