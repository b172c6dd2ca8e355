import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import helmet from 'helmet'
import type { Response } from 'supertest'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

/** Apple's own post: from another site, so without the Lax or Strict cookie. */
function postFromApple(app: TestApp, fields: Record<string, string>): Promise<Response> {
  return app
    .visitor()
    .post('/auth/apple/callback')
    .set({ 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', Origin: apple.url })
    .type('form')
    .send(fields)
    .then()
}

function hiddenFields(page: string): Record<string, string> {
  const inputs = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
  return Object.fromEntries(
    inputs.map(([, name = '', value = '']) => [name, value.replaceAll('&quot;', '"').replaceAll('&amp;', '&')]),
  )
}

describe('the relay page', () => {
  it('posts Apple’s fields again from our own origin, which finishes the login', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor, '/private')
    const user = '{"name":{"firstName":"First","lastName":"Last"}}'
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl), user }
    const page = await postFromApple(app, fields)
    expect(page.status).toBe(200)
    expect(page.text).toContain('<form method="post" action="/auth/apple/callback">')
    expect(page.text).toMatch(/<noscript>.*<button>Continue<\/button><\/noscript>/)
    expect(hiddenFields(page.text)).toEqual({ ...fields, relayed: 'POST' })
    const done = await postCallback(visitor, hiddenFields(page.text))
    expect([done.status, done.headers.location]).toEqual([303, '/private'])
    expect((await visitor.get('/private')).body.user.unverifiedName).toEqual({ firstName: 'First', lastName: 'Last' })
  })

  it.each([false, true])(
    'sets no cookie and keeps no session, whatever the app does to sessions (saveUninitialized %s)',
    async (all) => {
      const app = await startApp({
        session: { saveUninitialized: all, resave: all, rolling: all },
        before: (before) =>
          before.use((req, _res, next) => {
            Object.assign(req.session, { visits: 1 })
            next()
          }),
      })
      const page = await postFromApple(app, { code: 'x', state: 'unknown' })
      expect(page.status).toBe(200)
      expect(page.headers['set-cookie']).toBeUndefined()
      expect(page.headers['cache-control']).toBe('no-store')
    },
  )

  it('allows its own script and style by their hashes, and nothing else', async () => {
    const app = await startApp({ first: (first) => first.use(helmet()) })
    const page = await postFromApple(app, { code: 'x', state: 'unknown' })
    const policy = String(page.headers['content-security-policy'])
    for (const tag of ['script', 'style']) {
      const content = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page.text)?.[1] ?? ''
      expect(policy).toContain(`${tag}-src 'sha256-${createHash('sha256').update(content).digest('base64')}'`)
    }
    expect(policy).toMatch(/^default-src 'none';/)
    expect(policy).not.toMatch(/unsafe|sandbox/)
    expect(page.headers['referrer-policy']).toBe('same-origin')
  })

  it('shows itself once: what it posted and still finds no login is refused', async () => {
    const app = await startApp()
    const page = await postFromApple(app, { code: 'x', state: 'unknown' })
    const again = await postCallback(app.visitor(), hiddenFields(page.text))
    expect([again.status, again.body.code]).toEqual([400, 'ERR_APPLE_STATE'])
    const forged = await postFromApple(app, { code: 'x', state: 'unknown', relayed: 'POST' })
    expect([forged.status, forged.body.code]).toEqual([400, 'ERR_APPLE_CALLBACK'])
  })

  it('relays an error of Apple’s as well, and an old browser that sends Origin alone', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    const state = stateOf(await beginLogin(visitor))
    const page = await app
      .visitor()
      .post('/auth/apple/callback')
      .set('Origin', apple.url)
      .type('form')
      .send({ error: 'user_cancelled_authorize', state })
    expect(page.status).toBe(200)
    expect((await postCallback(visitor, hiddenFields(page.text))).headers.location).toBe('/')
  })

  it('is not needed where the cookie arrived', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const answer = await visitor
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'cross-site')
      .type('form')
      .send({ code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect(answer.status).toBe(303)
  })

  it('leaves a session alone whose login this is not', async () => {
    const app = await startApp({ session: { unset: 'destroy' } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await visitor
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'cross-site')
      .type('form')
      .send({ code: 'x', state: 'forged' })
    expect((await visitor.get('/')).body.signedIn).toBe(true)
  })

  it('passes a query response on by POST, below any mount path', async () => {
    const app = await startApp({ options: { service: 'account-data-sharing' } })
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const query = { code: apple.issueCode(authorizeUrl, 'none'), state: stateOf(authorizeUrl) }
    const page = await app.visitor().get('/auth/apple/callback').query(query).set('Sec-Fetch-Site', 'cross-site')
    expect(hiddenFields(page.text)).toEqual({ ...query, relayed: 'GET' })
    expect((await postCallback(visitor, hiddenFields(page.text))).status).toBe(303)
  })

  it('takes the app’s own policy back for the app’s error page', async () => {
    const app = await startApp({ first: (first) => first.use(helmet()) })
    const answer = await postCallback(app.visitor(), { code: 'x', state: 'x' })
    expect(answer.headers['content-security-policy']).toMatch(/default-src 'self'/)
    const bare = await startApp()
    expect(
      (await postCallback(bare.visitor(), { code: 'x', state: 'x' })).headers['content-security-policy'],
    ).toBeUndefined()
  })
})
