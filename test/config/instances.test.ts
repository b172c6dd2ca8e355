import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Express } from 'express'
import { type AppleAuth, appleAuth } from '../../src/index.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { goodOptions, p8, TestApp } from '../support/test-app.js'
import { configure, refusal } from './environment.js'
import { authorizeUrl } from './login-page.js'

const schoolVariables = {
  APPLE_SCHOOL_CLIENT_ID: 'com.example.school',
  APPLE_SCHOOL_TEAM_ID: 'TEAM123456',
  APPLE_SCHOOL_KEY_ID: 'KEY1234567',
  APPLE_SCHOOL_PRIVATE_KEY: p8,
  APPLE_SCHOOL_REDIRECT_URI: 'https://school.example/auth/apple/callback',
}
const school = { name: 'school', envPrefix: 'APPLE_SCHOOL_' }

describe('appleAuth({ envPrefix })', () => {
  it('reads the variables with that prefix', async () => {
    const url = await authorizeUrl(configure(school, schoolVariables))
    expect(url.searchParams.get('client_id')).toBe('com.example.school')
  })

  it('reads no variable without it', async () => {
    const variables = { APPLE_CLIENT_ID: 'com.example.people', APPLE_SCOPE: 'edu.users.read', APPLE_PKCE: 'true' }
    const url = await authorizeUrl(configure(school, { ...schoolVariables, ...variables }))
    expect(url.searchParams.get('client_id')).toBe('com.example.school')
    expect(url.searchParams.get('scope')).toBe('edu.users.read edu.classes.read')
    expect(url.searchParams.has('code_challenge')).toBe(false)
  })

  it('names the variables with that prefix in its problems', () => {
    const { problems, message } = refusal(school, { APPLE_PKCE: 'no', APPLE_SCHOOL_PKCE: 'yes' })
    expect(problems.map(({ variable }) => variable)).toEqual(
      expect.arrayContaining(['APPLE_SCHOOL_CLIENT_ID', 'APPLE_SCHOOL_PRIVATE_KEY', 'APPLE_SCHOOL_PKCE']),
    )
    expect(message).not.toMatch(/APPLE_(?!SCHOOL_)/)
  })

  it('is not the default one', () => {
    expect(() => configure({}, schoolVariables)).toThrow('APPLE_CLIENT_ID')
  })
})

describe('appleAuth({ name })', () => {
  let apple: LoopbackApple
  let app: TestApp
  let second: AppleAuth

  function mountSecond(express: Express): void {
    second = appleAuth({
      ...goodOptions(apple.url, 'http://localhost:1'),
      name: 'school',
      service: 'account-data-sharing',
      redirectUri: 'http://localhost:1/auth/school/callback',
    })
    express.use(second.attach())
    express.use('/auth/school', second.router())
    express.get('/both', (req, res) => {
      res.json({ people: req.apple.isAuthenticated, school: second.from(req).isAuthenticated })
    })
    express.get('/guarded', second.requireAuth(), (req, res) => {
      res.json(second.from(req).organization)
    })
  }

  beforeAll(async () => {
    apple = await LoopbackApple.start()
    app = await TestApp.start(apple.url, { routes: mountSecond })
  })
  afterEach(() => {
    apple.reset()
  })
  afterAll(async () => {
    await app.stop()
    await apple.stop()
  })

  it('keeps the logins of two instances in one session apart', async () => {
    const visitor = app.visitor()
    await signIn(apple, visitor)
    expect((await visitor.get('/both')).body).toEqual({ people: true, school: false })
    expect((await visitor.get('/guarded')).status).toBe(401)
  })

  it('lets both be signed in in one session, and answers each from its own login', async () => {
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const answer = await visitor.get('/auth/school/login')
    const url = new URL(answer.headers.location ?? '')
    const code = apple.issueCode(url, 'none')
    await visitor
      .get('/auth/school/callback')
      .query({ code, state: stateOf(url) })
      .set('Sec-Fetch-Site', 'same-origin')
    expect((await visitor.get('/both')).body).toEqual({ people: true, school: true })
    expect((await visitor.get('/guarded')).body).toMatchObject({ id: 'org-1' })
  })

  it("takes no answer to the other instance's login", async () => {
    const visitor = app.visitor()
    const url = new URL((await visitor.get('/auth/school/login')).headers.location ?? '')
    const answer = await postCallback(visitor, { code: apple.issueCode(url), state: stateOf(url) })
    expect(answer.body).toMatchObject({ code: 'ERR_APPLE_STATE' })
    await beginLogin(visitor)
    expect((await visitor.get('/both')).body).toEqual({ people: false, school: false })
  })
})
