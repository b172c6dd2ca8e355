import { describe, expect, it } from '@jest/globals'
import session from 'express-session'
import type { Response } from 'supertest'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { useApple } from '../support/use-apple.js'
import { sessionsIn } from '../session/stored-session.js'

const { apple, startApp } = useApple()

/** No cache, no frame, no address told to others, no guessing of types. */
function expectGuarded({ headers }: Response): void {
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  })
  expect(headers).not.toHaveProperty('x-powered-by')
}

/** And a page of ours that may do nothing but what it is there for. */
function expectGuardedPage(answer: Response): void {
  expectGuarded(answer)
  const policy = answer.headers['content-security-policy'] ?? ''
  for (const directive of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"]) {
    expect(policy.split(/;\s*/)).toContain(directive)
  }
  expect(policy).not.toMatch(/unsafe|\*|https?:/)
}

describe('the headers of the router’s answers (catalogue section 6)', () => {
  it.each(['/login', '/logout'])('rows 121, 122 and 143: forbid framing, caching and referrers at %s', async (path) => {
    expectGuardedPage(await (await startApp()).visitor().get(`/auth/apple${path}`))
  })

  it('rows 121, 122 and 143: do so at the callback, on its relay page and on its redirect', async () => {
    const visitor = (await startApp()).visitor()
    const authorizeUrl = await beginLogin(visitor)
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const relay = await (
      await startApp()
    )
      .visitor()
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'cross-site')
      .type('form')
      .send(fields)
    expect([relay.status, relay.get('Set-Cookie')]).toEqual([200, undefined])
    expectGuardedPage(relay)
    const [first, replayed] = [await postCallback(visitor, fields), await postCallback(visitor, fields)]
    const cancelled = { state: stateOf(await beginLogin(visitor)), error: 'user_cancelled_authorize' }
    for (const answer of [first, replayed, await postCallback(visitor, cancelled)]) {
      expect(answer.status).toBe(303)
      expectGuardedPage(answer)
    }
  })

  it('rows 122 and 143: hold for errors too, whose page and policy are the app’s', async () => {
    const app = await startApp({
      first: (express) =>
        express.disable('x-powered-by').use((_req, res, next) => {
          res.set('Content-Security-Policy', "frame-ancestors 'none'")
          next()
        }),
    })
    const visitor = app.visitor()
    for (const answer of [
      await postCallback(visitor, { code: 'x', state: 'x' }),
      await visitor.get('/auth/apple/callback'),
      await visitor.get('/auth/apple/login').set('Sec-Fetch-Dest', 'iframe'),
      await visitor.post('/auth/apple/logout').set('Sec-Fetch-Site', 'cross-site'),
    ]) {
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expectGuarded(answer)
      expect(answer.headers['content-security-policy']).toBe("frame-ancestors 'none'")
    }
  })
})

describe('a login that nobody asked for (catalogue section 6)', () => {
  it.each([
    ['an image', { 'Sec-Fetch-Dest': 'image', 'Sec-Fetch-Mode': 'no-cors' }],
    ['a frame', { 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Mode': 'navigate' }],
    ['an old frame', { 'Sec-Fetch-Dest': 'frame', 'Sec-Fetch-Mode': 'navigate' }],
    ['an object', { 'Sec-Fetch-Dest': 'object', 'Sec-Fetch-Mode': 'no-cors' }],
    ['a fetch', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors' }],
    ['a script', { 'Sec-Fetch-Dest': 'script', 'Sec-Fetch-Mode': 'no-cors' }],
    ['a fetch for Apple JS', { 'Sec-Fetch-Dest': 'empty', Accept: 'application/json' }],
  ])('row 121: does not begin when another site opens /login as %s', async (_name, headers) => {
    const store = new session.MemoryStore()
    const app = await startApp({ session: { store } })
    for (const site of ['cross-site', 'same-site']) {
      const answer = await app
        .visitor()
        .get('/auth/apple/login')
        .set({ ...headers, 'Sec-Fetch-Site': site })
      expect([answer.status, answer.body.code]).toEqual([403, 'ERR_APPLE_CROSS_SITE'])
      expect([answer.headers.location, answer.get('Set-Cookie')]).toEqual([undefined, undefined])
    }
    expect(await sessionsIn(store)).toEqual({})
  })

  it('row 121: changes nobody who is signed in where another site opens /login as a page', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    await signIn(apple, visitor, { idToken: { claims: { sub: 'one' } } })
    const page = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
    const answer = await visitor.get('/auth/apple/login').set(page)
    expect(answer.headers.location).toMatch(new RegExp(`^${apple.url}/auth/authorize\\?`))
    expect((await visitor.get('/')).body).toEqual({ signedIn: true, sub: 'one' })
  })
})
