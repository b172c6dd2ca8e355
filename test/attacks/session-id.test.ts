import { createHmac } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import session from 'express-session'
import request, { type Response } from 'supertest'
import { expectRefused } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { sessionsIn } from '../session/stored-session.js'

const { apple, startApp } = useApple()

/** The cookie that an answer sets; fails where it sets none. */
function newCookie(answer: Response): string {
  const [cookie = ''] = (answer.get('Set-Cookie') ?? []).map((each) => each.split(';')[0])
  expect(cookie).toMatch(/^connect\.sid=s%3A./)
  return cookie
}

/** The session id in a cookie. */
function idOf(cookie: string): string {
  return /^connect\.sid=s:(.+)\.[^.]+$/.exec(decodeURIComponent(cookie))?.[1] ?? ''
}

/** A cookie with a chosen id under the signature that express-session would make. */
function signedCookie(id: string): string {
  const signature = createHmac('sha256', 'test').update(id).digest('base64').replace(/=+$/, '')
  return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`
}

/** An app that shows what is in the session, and its store. */
async function startShop(): Promise<{ app: TestApp; store: session.MemoryStore }> {
  const store = new session.MemoryStore()
  const app = await startApp({
    session: { store },
    routes: (routes) => {
      routes.get('/add', (req, res) => {
        req.session.cart = 'book'
        res.end()
      })
      routes.get('/cart', (req, res) => res.json({ cart: req.session.cart }))
    },
  })
  return { app, store }
}

/** Nobody is behind that cookie: no login, no data and no login under way. */
async function expectDead(app: TestApp, cookie: string): Promise<void> {
  expect((await request(app.url).get('/').set('Cookie', cookie)).body).toEqual({ signedIn: false })
  expect((await request(app.url).get('/private').set('Cookie', cookie)).status).toBe(401)
  expect((await request(app.url).get('/cart').set('Cookie', cookie)).body).toEqual({})
}

describe('the session id (catalogue section 7)', () => {
  it('row 124: a login changes it, and the old one is dead', async () => {
    const { app, store } = await startShop()
    const visitor = app.visitor()
    const before = newCookie(await visitor.get('/add'))
    const authorizeUrl = await beginLogin(visitor)
    expect(Object.keys(await sessionsIn(store))).toEqual([idOf(before)])
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const after = newCookie(await postCallback(visitor, fields))
    expect(idOf(after)).not.toBe(idOf(before))
    expect(Object.keys(await sessionsIn(store))).toEqual([idOf(after)])
    await expectDead(app, before)
    expect((await visitor.get('/cart')).body).toEqual({ cart: 'book' })
  })

  it.each([
    ['the same person', 'one'],
    ['somebody else', 'two'],
  ])('rows 123 and 124: a second login, of %s, changes it again, and only once it is finished', async (_name, sub) => {
    const { app, store } = await startShop()
    const visitor = app.visitor()
    const first = newCookie(await signIn(apple, visitor, { idToken: { claims: { sub: 'one' } } }))
    await visitor.get('/add')
    const authorizeUrl = await beginLogin(visitor)
    expect(Object.keys(await sessionsIn(store))).toEqual([idOf(first)])
    expect((await visitor.get('/')).body).toEqual({ signedIn: true, sub: 'one' })
    const code = apple.issueCode(authorizeUrl, { claims: { sub } })
    const second = newCookie(await postCallback(visitor, { code, state: stateOf(authorizeUrl) }))
    expect(idOf(second)).not.toBe(idOf(first))
    expect(Object.keys(await sessionsIn(store))).toEqual([idOf(second)])
    expect((await visitor.get('/')).body).toEqual({ signedIn: true, sub })
    await expectDead(app, first)
  })

  it.each([
    ['without a signature', 'connect.sid=chosen'],
    ['with a made-up signature', 'connect.sid=s%3Achosen.signature'],
    ['with the right signature', signedCookie('chosen')],
  ])('row 125: takes over none that the client chose, %s', async (_name, chosen) => {
    const { app, store } = await startShop()
    const begun = await request(app.url).get('/auth/apple/login').set('Cookie', chosen)
    const cookie = newCookie(begun)
    const authorizeUrl = new URL(begun.headers.location ?? '')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const post = (sent: string) =>
      request(app.url)
        .post('/auth/apple/callback')
        .set({ 'Sec-Fetch-Site': 'same-origin', Cookie: sent })
        .type('form')
        .send(fields)
    await expectRefused(await post(chosen), app.visitor(), 'ERR_APPLE_STATE')
    const done = await post(cookie)
    expect(done.status).toBe(303)
    const ids = [idOf(cookie), idOf(newCookie(done)), ...Object.keys(await sessionsIn(store))]
    expect(ids.filter((id) => id === '' || id.includes('chosen'))).toEqual([])
    await expectDead(app, chosen)
  })

  it('row 125: the signature that this test makes is the one that express-session takes', async () => {
    const { app } = await startShop()
    const id = idOf(newCookie(await app.visitor().get('/add')))
    expect((await request(app.url).get('/cart').set('Cookie', signedCookie(id))).body).toEqual({ cart: 'book' })
  })
})

describe('the session cookie (catalogue section 7)', () => {
  it.each([
    ['/login and the callback', false],
    ['the callback after a relay', true],
  ])('row 126: is Secure, HttpOnly and SameSite behind a proxy that speaks https, from %s', async (_name, relayed) => {
    const app = await startApp({
      first: (express) => express.set('trust proxy', 1),
      session: { name: '__Host-sid', cookie: { secure: true, httpOnly: true, sameSite: 'lax', path: '/' } },
    })
    const https = { 'X-Forwarded-Proto': 'https' }
    const begun = await request(app.url).get('/auth/apple/login').set(https)
    const authorizeUrl = new URL(begun.headers.location ?? '')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const post = (headers: Record<string, string>) =>
      request(app.url).post('/auth/apple/callback').set(https).set(headers).type('form').send(fields)
    if (relayed) expect((await post({ 'Sec-Fetch-Site': 'cross-site' })).get('Set-Cookie')).toBeUndefined()
    const [cookie = ''] = begun.get('Set-Cookie') ?? []
    const done = await post({ 'Sec-Fetch-Site': 'same-origin', Cookie: cookie.split(';')[0] ?? '' })
    expect(done.status).toBe(303)
    for (const answer of [begun, done]) {
      expect(answer.get('Set-Cookie')).toEqual([
        expect.stringMatching(/^__Host-sid=s%3A[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
      ])
    }
  })
})
