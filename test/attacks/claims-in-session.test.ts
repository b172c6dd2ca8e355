import { format } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import createDebug from 'debug'
import session from 'express-session'
import type { Response } from 'supertest'
import { freezeDate, thawDate } from '../apple/clock.js'
import { signIn } from '../support/login-steps.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { sessionsIn } from '../session/stored-session.js'

const { apple, startApp } = useApple()

/** What a login leaves: in the cookie, in the request's session, on `req.apple` and in the store. */
interface Traces {
  readonly setCookie: string
  readonly inRequest: Record<string, unknown>
  readonly user: Record<string, unknown>
  readonly claims: Record<string, unknown>
  readonly stored: Record<string, unknown>
}

/** Signs somebody in, in an app of its own, and looks everywhere. */
async function tracesOf(claims: Record<string, unknown>, maxAge?: number): Promise<Traces> {
  const store = new session.MemoryStore()
  const app = await startApp({
    session: { store, ...(maxAge === undefined ? {} : { cookie: { maxAge } }) },
    routes: (routes) =>
      routes.get('/traces', (req, res) => {
        const { cookie, ...members } = req.session
        const methods = [typeof req.session.save, typeof req.session.regenerate, typeof req.session.touch]
        const inRequest = { keys: Object.keys(members), methods, isAdmin: 'isAdmin' in req.session, cookie }
        res.json({ inRequest, user: req.apple.user, claims: req.apple.claims })
      }),
  })
  const visitor = app.visitor()
  const answer = await signIn(apple, visitor, { idToken: { claims } })
  expect(answer.status).toBe(303)
  const [stored = {}] = Object.values(await sessionsIn(store))
  const { body } = await visitor.get('/traces')
  return { ...(body as Omit<Traces, 'setCookie' | 'stored'>), setCookie: flagsOf(answer), stored }
}

/** A Set-Cookie without the session id in it. */
function flagsOf(answer: Response): string {
  const [cookie = ''] = answer.get('Set-Cookie') ?? []
  expect(cookie).toMatch(/^connect\.sid=s%3A[^;]+; Path=\/;/)
  return cookie.replace(/^[^;]*/, '')
}

describe('claims and the session (catalogue section 2)', () => {
  beforeEach(freezeDate)
  afterEach(thawDate)

  it.each([undefined, 60_000])(
    'row 46: an exp in the far future lets neither cookie nor session live longer, with a maxAge of %s',
    async (maxAge) => {
      const usual = await tracesOf({}, maxAge)
      expect(/Expires=([^;]+)/.exec(usual.setCookie)?.[1]).toBe(
        maxAge === undefined ? undefined : new Date(Date.now() + maxAge).toUTCString(),
      )
      for (const exp of [Date.UTC(2199, 0) / 1000, 1e300]) {
        const { setCookie, stored } = await tracesOf({ exp }, maxAge)
        expect(setCookie).toBe(usual.setCookie)
        expect(stored.cookie).toEqual(usual.stored.cookie)
      }
    },
  )

  it('rows 56 and 57: leaves behind every claim that nobody listed', async () => {
    const hostile = JSON.parse(
      '{"__proto__":{"polluted":1,"isAdmin":true},"constructor":{"x":1},"cookie":{"maxAge":1,"secure":true},' +
        '"save":1,"regenerate":1,"isAdmin":true,"roles":["admin"],"express-apple-auth:apple":"x"}',
    ) as Record<string, unknown>
    const [usual, { setCookie, inRequest, user, claims, stored }] = [await tracesOf({}), await tracesOf(hostile)]
    expect(setCookie).toBe(usual.setCookie)
    expect(usual.inRequest).toMatchObject({ isAdmin: false, methods: ['function', 'function', 'function'] })
    expect(inRequest).toEqual(usual.inRequest)
    expect(user).toEqual(usual.user)
    expect(Object.keys(claims)).toEqual(Object.keys(usual.claims))
    expect([Object.keys(stored), stored.cookie]).toEqual([Object.keys(usual.stored), usual.stored.cookie])
    expect(JSON.stringify(stored)).not.toMatch(/polluted|isAdmin|roles|regenerate|admin/)
    expect({}).not.toHaveProperty('polluted')
  })
})

describe('claims about a person (catalogue section 2)', () => {
  it('row 55: nothing of one person is left for another sub with the same e-mail address', async () => {
    const store = new session.MemoryStore()
    const app = await startApp({
      session: { store },
      routes: (routes) => {
        routes.get('/add', (req, res) => {
          req.session.cart = 'of the first'
          res.end()
        })
        routes.get('/cart', (req, res) => res.json({ cart: req.session.cart }))
      },
    })
    const visitor = app.visitor()
    const claims = { email: 'shared@example.com', email_verified: true }
    await signIn(apple, visitor, { idToken: { claims: { ...claims, sub: 'first.person' } } })
    await visitor.get('/add')
    expect((await visitor.get('/cart')).body).toEqual({ cart: 'of the first' })
    await signIn(apple, visitor, { idToken: { claims: { ...claims, sub: 'second.person' } } })
    expect((await visitor.get('/private')).body.user).toMatchObject({ sub: 'second.person', email: claims.email })
    expect((await visitor.get('/cart')).body).toEqual({})
    const sessions = await sessionsIn(store)
    expect(Object.keys(sessions)).toHaveLength(1)
    expect(JSON.stringify(sessions)).not.toMatch(/first/)
  })
})

describe('strange characters of a person (catalogue section 2)', () => {
  const { log } = createDebug
  const entries: string[] = []

  beforeEach(() => {
    createDebug.enable('express-apple-auth')
    createDebug.log = (...values: unknown[]) => void entries.push(format(...values))
  })
  afterEach(() => {
    createDebug.disable()
    createDebug.log = log
    entries.length = 0
  })

  /** Signs somebody in whose e-mail address and name are made to forge lines of a log, and pages. */
  async function signInStranger(): Promise<{ app: TestApp; email: string; body: { user: Record<string, unknown> } }> {
    const app = await startApp()
    const visitor = app.visitor()
    const email = '"<b>\r\nforged: apple: login\u2028\u0000x"@example.com'
    const firstName = '<script>\r\nforged: apple: logout\u2028</script>'
    const user = JSON.stringify({ name: { firstName, lastName: '\u0000\n' } })
    expect((await signIn(apple, visitor, { user, idToken: { claims: { email } } })).status).toBe(303)
    return { app, email, body: (await visitor.get('/private')).body as { user: Record<string, unknown> } }
  }

  it('row 61: keeps markup and line breaks in an e-mail address, and a name but for its line breaks', async () => {
    const { email, body } = await signInStranger()
    expect(body.user.email).toBe(email)
    expect(body.user.unverifiedName).toEqual({ firstName: '<script>forged: apple: logout\u2028</script>' })
  })

  it('row 61: begins no line of the debug log with what somebody calls themselves', async () => {
    await signInStranger()
    expect(entries).toHaveLength(1)
    const [entry = ''] = entries
    expect(entry).toContain('\\r\\nforged: apple: login')
    expect(entry.split(/\r\n|[\r\n]/).filter((line) => /^\s*forged/.test(line))).toEqual([])
    expect(entry).not.toMatch(/\r|\u0000/)
  })
})
