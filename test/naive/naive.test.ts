import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import session from 'express-session'
import request from 'supertest'
import type { AppleAuth } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { beginLogin, signIn, type Visitor } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { eventOf, notificationOf, postNotification } from '../support/notifications.js'
import { goodOptions } from '../support/test-app.js'
import { appleAuth, requireAppleAuth } from './index.js'

// What fails against the naive copy says something about a test only if all that is harmless works.

let apple: LoopbackApple
let server: Server
let url: string
let auth: AppleAuth
let visitor: Visitor

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
afterAll(() => apple.stop())

async function start(service: 'sign-in-with-apple' | 'account-data-sharing'): Promise<void> {
  server = createServer().unref()
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  url = `http://localhost:${String((server.address() as AddressInfo).port)}`
  auth = appleAuth({ ...goodOptions(apple.url, url), service })
  const app = express()
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false }), auth.attach())
  app.use('/auth/apple', auth.router())
  app.get('/private', requireAppleAuth(), (req, res) => {
    res.json({ user: req.apple.user, organization: req.apple.organization })
  })
  app.get('/token', (req, res, next) => {
    req.apple.getAccessToken().then((token) => res.json({ token }), next)
  })
  app.get('/people', (req, res, next) => {
    req.apple.roster
      .users()
      .toArray()
      .then((people) => res.json(people), next)
  })
  server.on('request', app)
  visitor = request.agent(url)
}

async function stop(): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  apple.reset()
}

describe('the naive copy, with Sign in with Apple', () => {
  beforeAll(() => start('sign-in-with-apple'))
  afterAll(stop)
  beforeEach(() => {
    apple.reset()
    visitor = request.agent(url)
  })

  it('guards a page, signs in, and signs out with a revocation', async () => {
    expect((await visitor.get('/private')).status).toBe(401)
    const { status, headers } = await signIn(apple, visitor, { returnTo: '/private' })
    expect([status, headers.location]).toEqual([303, '/private'])
    const { body } = await visitor.get('/private')
    expect(body.user).toMatchObject({ email: 'person@example.com', emailVerified: true })
    expect((await visitor.post('/auth/apple/logout')).status).toBe(303)
    expect(apple.requestsTo('/auth/revoke')).toHaveLength(1)
    expect((await visitor.get('/private')).status).toBe(401)
  })

  it('begins a login at a guarded page, and renews the access token', async () => {
    const opened = await visitor.get('/private?a').set('Accept', 'text/html')
    expect(opened.headers.location).toMatch(/\/auth\/authorize\?/)
    await signIn(apple, visitor)
    const before = await visitor.get('/token')
    const after = await withClockAhead(3700, () => visitor.get('/token').then())
    expect([before.status, after.status]).toEqual([200, 200])
    expect(after.body).not.toEqual(before.body)
  })

  it('takes a notification', async () => {
    await signIn(apple, visitor)
    expect((await visitor.get('/private')).status).toBe(200)
    const { status } = await postNotification({ url }, notificationOf(apple, eventOf('consent-revoked')))
    expect([status, (await visitor.get('/private')).status]).toEqual([200, 401])
  })
})

describe('the naive copy, with Data Sharing', () => {
  beforeAll(() => start('account-data-sharing'))
  afterAll(stop)

  it('takes an answer in the query, and reads people page by page', async () => {
    const code = apple.issueCode(await beginLogin(visitor, '/private'), 'none')
    const { status, headers } = await visitor.get('/auth/apple/callback').query({ code })
    expect([status, headers.location]).toEqual([303, '/private'])
    expect((await visitor.get('/private')).body.organization.id).toBe('org-1')
    expect(await auth.connections.get('org-1')).toMatchObject({ status: 'working' })
    apple.misbehave = ({ path }, res) => {
      if (!path.startsWith('/rosterapi/v1/users')) return false
      const isLast = path.endsWith('?pageToken=next')
      const page = { users: [{ id: path }], moreToFollow: !isLast, nextPageToken: 'next' }
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page))
      return true
    }
    const people = (await visitor.get('/people')).body
    expect(people).toEqual([{ id: '/rosterapi/v1/users' }, { id: '/rosterapi/v1/users?pageToken=next' }])
  })
})
