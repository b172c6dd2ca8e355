import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { appleAuth, type AppleAuth } from '../../src/index.js'
import { type Visitor } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { goodOptions, TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp
let school: AppleAuth
let made: AppleAuth | undefined
let visitor: Visitor

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(async () => {
  app = await TestApp.start(apple.url, {
    routes: (routes) => {
      routes.use((_req, _res, next) => {
        // The school's instance needs the app's address, which is known once it listens.
        school = made ??= appleAuth({
          ...goodOptions(apple.url, app.url),
          name: 'school',
          service: 'account-data-sharing',
          clientId: 'com.example.school',
          redirectUri: `${app.url}/auth/school/callback`,
        })
        next()
      })
      routes.use((req, res, next) => void school.attach()(req, res, next))
      routes.use('/auth/school', (req, res, next) => void school.router()(req, res, next))
      routes.get('/both', (req, res) => {
        res.json({
          person: req.apple.user?.sub,
          school: school.from(req).organization?.id,
          same: school.from(req) === school.from(req),
          note: req.session.note,
        })
      })
      routes.get('/note', (req, res) => {
        Object.assign(req.session, { note: 'private' })
        res.end()
      })
      routes.get(
        '/admin',
        (req, res, next) => void school.requireAuth({ organization: 'org-1' })(req, res, next),
        (_req, res) => {
          res.json({ reached: true })
        },
      )
    },
  })
  visitor = app.visitor()
})
afterEach(async () => {
  await app.stop()
  apple.reset()
  made = undefined
})
afterAll(async () => {
  await apple.stop()
})

async function connect(mount: '/auth/apple' | '/auth/school', sub: string): Promise<void> {
  const begun = await visitor.get(`${mount}/login`)
  const authorizeUrl = new URL(begun.headers.location ?? '')
  const fields = {
    code: apple.issueCode(authorizeUrl, { claims: { sub } }),
    state: authorizeUrl.searchParams.get('state') ?? '',
  }
  const answer = await visitor.post(`${mount}/callback`).set('Sec-Fetch-Site', 'same-origin').type('form').send(fields)
  expect(answer.status).toBe(303)
}

describe('two instances in one app', () => {
  it('share a browser session and never each other’s logins', async () => {
    await connect('/auth/apple', 'teacher')
    expect((await visitor.get('/both')).body).toEqual({ person: 'teacher', same: true })
    expect((await visitor.get('/admin')).status).toBe(401)
    await connect('/auth/school', 'administrator')
    expect((await visitor.get('/both')).body).toEqual({ person: 'teacher', school: 'org-1', same: true })
    expect((await visitor.get('/admin')).body).toEqual({ reached: true })
  })

  it('sends whoever needs the school to the school’s own login', async () => {
    expect((await visitor.get('/admin')).body).toEqual({ error: 'login_required', loginUrl: '/auth/school/login' })
  })

  it('take no callback of each other’s', async () => {
    const begun = await visitor.get('/auth/school/login')
    const authorizeUrl = new URL(begun.headers.location ?? '')
    const fields = { code: apple.issueCode(authorizeUrl), state: authorizeUrl.searchParams.get('state') ?? '' }
    const answer = await visitor
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'same-origin')
      .type('form')
      .send(fields)
    expect(answer.body.code).toBe('ERR_APPLE_STATE')
    expect((await visitor.get('/both')).body).toEqual({ same: true })
  })

  it('sign out one by one, under a new session id each time', async () => {
    await connect('/auth/apple', 'teacher')
    await connect('/auth/school', 'administrator')
    const answer = await visitor.post('/auth/school/logout')
    expect(String(answer.headers['set-cookie'])).toMatch(/^connect\.sid=s%3A/)
    expect((await visitor.get('/both')).body).toEqual({ person: 'teacher', same: true })
    await visitor.post('/auth/apple/logout')
    expect((await visitor.get('/both')).body).toEqual({ same: true })
  })

  it('find nobody signed in where one was given the other’s name by mistake', async () => {
    const confused = appleAuth({
      ...goodOptions(apple.url, app.url),
      service: 'account-data-sharing',
      clientId: 'com.example.school',
    })
    const open = await TestApp.start(apple.url, {
      options: { redirectUri: `${app.url}/auth/apple/callback` },
      routes: (routes) => routes.get('/confused', confused.requireAuth(), (_req, res) => void res.end()),
    })
    const both = open.visitor()
    const begun = await both.get('/auth/apple/login')
    const authorizeUrl = new URL(begun.headers.location ?? '')
    const state = authorizeUrl.searchParams.get('state') ?? ''
    await both
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'same-origin')
      .type('form')
      .send({ code: apple.issueCode(authorizeUrl), state })
    expect((await both.get('/private')).status).toBe(200)
    expect((await both.get('/confused')).status).toBe(401)
    await open.stop()
  })

  it('leave none of the app’s data to the next person when one signs out', async () => {
    await connect('/auth/apple', 'teacher')
    await connect('/auth/school', 'administrator')
    await visitor.get('/note')
    expect((await visitor.get('/both')).body.note).toBe('private')
    await visitor.post('/auth/apple/logout')
    expect((await visitor.get('/both')).body).toEqual({ school: 'org-1', same: true })
    await connect('/auth/apple', 'somebody else')
    expect((await visitor.get('/both')).body).toEqual({ person: 'somebody else', same: true })
  })

  it('lose everything of the person before when another person signs in', async () => {
    await connect('/auth/apple', 'teacher')
    await connect('/auth/school', 'administrator')
    await connect('/auth/apple', 'somebody else')
    expect((await visitor.get('/both')).body).toEqual({ person: 'somebody else', same: true })
  })
})
