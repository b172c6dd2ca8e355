import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import session from 'express-session'
import type { AppleAuthEvents } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { expectNoSecret, expectSignedOut } from '../support/expect-refused.js'
import { signIn, type Visitor } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'
import { sessionsIn } from '../session/stored-session.js'

let apple: LoopbackApple
let app: TestApp
let visitor: Visitor
const events: (AppleAuthEvents['logout'] | AppleAuthEvents['revocation_failed'])[] = []

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(async () => {
  app = await TestApp.start(apple.url, {
    options: { httpTimeoutMs: 1000, postLogoutRedirect: '/bye' },
    routes: (routes) => {
      routes.post('/own-logout', (req, res, next) => {
        const { revoke } = req.query
        req.apple
          .logout(revoke === undefined ? undefined : { revoke: revoke === 'true' })
          .then(() => res.json({ signedIn: req.apple.isAuthenticated, tokens: req.apple.tokens ?? null }), next)
      })
    },
  })
  app.apple.on('logout', (event) => events.push(event)).on('revocation_failed', (event) => events.push(event))
  visitor = app.visitor()
  await signIn(apple, visitor)
})
afterEach(async () => {
  await app.stop()
  apple.reset()
  events.length = 0
})
afterAll(async () => {
  await apple.stop()
})

const ownLink = {
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-User': '?1',
}

describe('POST /logout', () => {
  it('rows 134 and 135: ends the session, takes the cookie back and revokes the refresh token', async () => {
    const answer = await visitor.post('/auth/apple/logout').set('Sec-Fetch-Site', 'same-origin')
    expect([answer.status, answer.headers.location]).toEqual([303, '/bye'])
    expect(String(answer.headers['set-cookie'])).toMatch(/^connect\.sid=; Path=\/; Expires=Thu, 01 Jan 1970/)
    await expectSignedOut(visitor)
    const revocations = apple.requestsTo('/auth/revoke')
    expect(revocations).toHaveLength(1)
    expect(Object.fromEntries(revocations[0]?.form ?? [])).toEqual({
      client_id: 'com.example.web',
      client_secret: expect.stringMatching(/^eyJ/),
      token: expect.stringMatching(/^r[0-9a-f]{32}/),
      token_type_hint: 'refresh_token',
    })
    expect(events).toEqual([{ sub: expect.any(String), organizationId: undefined, revoked: true }])
  })

  it('row 134: has ended the session in the store before Apple is asked', async () => {
    const store = new session.MemoryStore()
    const ordered = await TestApp.start(apple.url, { session: { store } })
    const other = ordered.visitor()
    await signIn(apple, other)
    const left: string[][] = []
    apple.misbehave = ({ path }, res) => {
      if (!path.endsWith('/revoke')) return false
      sessionsIn(store).then(
        (sessions) => {
          left.push(Object.keys(sessions))
          res.writeHead(200).end()
        },
        () => res.writeHead(500).end(),
      )
      return true
    }
    expect(Object.keys(await sessionsIn(store))).toHaveLength(1)
    await other.post('/auth/apple/logout')
    expect(left).toEqual([[]])
    await ordered.stop()
  })

  it('row 135: revokes the access token where there is no refresh token', async () => {
    apple.tokenAnswer = { refresh_token: undefined }
    await signIn(apple, visitor)
    await visitor.post('/auth/apple/logout')
    const form = apple.requestsTo('/auth/revoke')[0]?.form
    expect([form?.get('token')?.slice(0, 1), form?.get('token_type_hint')]).toEqual(['a', 'access_token'])
  })

  it('answers a JSON client with 204', async () => {
    const answer = await visitor.post('/auth/apple/logout').set('Accept', 'application/json')
    expect(answer.status).toBe(204)
    await expectSignedOut(visitor)
  })

  it.each([
    ['another site by Sec-Fetch-Site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a sibling site', { 'Sec-Fetch-Site': 'same-site' }],
    ['another origin', { Origin: 'https://evil.example' }],
    ['an opaque origin', { Origin: 'null' }],
    ['an origin that is none', { Origin: 'x' }],
  ])('row 133: refuses %s', async (_name, headers) => {
    const answer = await visitor.post('/auth/apple/logout').set(headers)
    expect([answer.status, answer.body.code]).toEqual([403, 'ERR_APPLE_CROSS_SITE'])
    expect((await visitor.get('/')).body.signedIn).toBe(true)
    expect(apple.requestsTo('/revoke')).toHaveLength(0)
  })

  it('row 137: does no harm once the session has run out', async () => {
    const brief = await TestApp.start(apple.url, { session: { cookie: { maxAge: 60_000 } } })
    const heard: unknown[] = []
    brief.apple.on('logout', (event) => heard.push(event))
    const late = brief.visitor()
    const [cookie = ''] = (await signIn(apple, late)).get('Set-Cookie') ?? []
    await withClockAhead(61, async () => {
      // A browser forgets the cookie by then; one that does not is no danger either.
      for (const headers of [{}, { Cookie: cookie.split(';')[0] ?? '' }]) {
        const answer = await late.post('/auth/apple/logout').set(headers)
        expect([answer.status, answer.headers.location]).toEqual([303, '/'])
      }
    })
    expect([heard, brief.errors, apple.requestsTo('/revoke')]).toEqual([[], [], []])
    expect((await signIn(apple, late)).status).toBe(303)
    await brief.stop()
  })

  it.each([
    ['no word of where from', () => ({})],
    ['its own origin', () => ({ Origin: app.url })],
    [
      'Origin null but Sec-Fetch-Site same-origin, as under helmet',
      () => ({ Origin: 'null', 'Sec-Fetch-Site': 'same-origin' }),
    ],
  ])('takes a request with %s', async (_name, headers) => {
    expect((await visitor.post('/auth/apple/logout').set(headers())).status).toBe(303)
    await expectSignedOut(visitor)
  })

  it.each<[string, Parameters<typeof misbehave>[0]]>([
    ['down', (res) => res.socket?.destroy()],
    ['hanging', () => undefined],
    [
      'answering 400',
      (res) => res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}'),
    ],
    ['answering 500', (res) => res.writeHead(500).end('<html>')],
    ['redirecting', (res) => res.writeHead(302, { location: '/x' }).end()],
  ])('row 136: signs out here with Apple %s, and tells the operator', async (_name, answer) => {
    misbehave(answer)
    expect((await visitor.post('/auth/apple/logout')).status).toBe(303)
    await expectSignedOut(visitor)
    expect(events).toEqual([
      {
        sub: expect.any(String),
        organizationId: undefined,
        error: expect.objectContaining({ code: expect.stringMatching(/^ERR_APPLE_/) }),
        willRetry: true,
      },
      { sub: expect.any(String), organizationId: undefined, revoked: false },
    ])
    expectNoSecret(JSON.stringify(events))
  })

  it('row 137: does no harm a second time, or with nobody signed in', async () => {
    for (const stranger of [visitor, visitor, app.visitor()]) {
      expect((await stranger.post('/auth/apple/logout')).status).toBe(303)
    }
    expect(apple.requestsTo('/revoke')).toHaveLength(1)
    expect(events).toHaveLength(1)
  })

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', '/private', ''])(
    'row 138: leads nowhere else, whatever parameters say %j',
    async (target) => {
      const names = ['returnTo', 'return_to', 'redirect', 'redirect_uri', 'next', 'url', 'post_logout_redirect_uri']
      const fields = Object.fromEntries(names.map((name) => [name, target]))
      const headers = { Referer: `${target}/`, 'X-Forwarded-Host': 'evil.example', 'X-Original-URL': target }
      const requests = [
        () => visitor.post('/auth/apple/logout').query(fields),
        () => visitor.post('/auth/apple/logout').type('form').send(fields),
        () => visitor.post('/auth/apple/logout').send(fields).set('Accept', 'text/html'),
        () => visitor.get('/auth/apple/logout').query(fields).set(ownLink),
      ]
      for (const ask of requests) {
        await signIn(apple, visitor)
        const answer = await ask().set(headers)
        expect([answer.status, answer.headers.location]).toEqual([303, '/bye'])
        await expectSignedOut(visitor)
      }
      const page = await visitor.get('/auth/apple/logout').query(fields)
      expect(page.text).toContain('<form method="post" action="/auth/apple/logout">')
    },
  )

  it.each(['put', 'delete', 'patch', 'head', 'options'] as const)('answers %s with 405', async (method) => {
    expect((await visitor[method]('/auth/apple/logout')).status).toBe(405)
    expect((await visitor.get('/')).body.signedIn).toBe(true)
  })
})

describe('GET /logout', () => {
  it('signs out at a click on a link of the app’s own page', async () => {
    const answer = await visitor.get('/auth/apple/logout').set(ownLink)
    expect([answer.status, answer.headers.location]).toEqual([303, '/bye'])
    await expectSignedOut(visitor)
  })

  it.each<[string, Record<string, string>]>([
    ['no word of where from', {}],
    ['a link on another site', { ...ownLink, 'Sec-Fetch-Site': 'cross-site' }],
    ['a typed address', { ...ownLink, 'Sec-Fetch-Site': 'none' }],
    ['an image', { ...ownLink, 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }],
    ['a redirect that nobody clicked', { ...ownLink, 'Sec-Fetch-User': '' }],
    ['a frame', { ...ownLink, 'Sec-Fetch-Dest': 'iframe' }],
    ['a prefetch', { ...ownLink, 'Sec-Purpose': 'prefetch' }],
  ])('row 133: asks first at %s', async (_name, headers) => {
    const answer = await visitor.get('/auth/apple/logout').set(headers)
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('<form method="post" action="/auth/apple/logout">')
    expect((await visitor.get('/')).body.signedIn).toBe(true)
  })
})

describe('req.apple.logout', () => {
  it('signs out from the app’s own code, and knows it at once', async () => {
    expect((await visitor.post('/own-logout')).body).toEqual({ signedIn: false, tokens: null })
    await expectSignedOut(visitor)
    expect(apple.requestsTo('/revoke')).toHaveLength(1)
  })

  it('revokes or not, as told', async () => {
    await visitor.post('/own-logout?revoke=false')
    expect(apple.requestsTo('/revoke')).toHaveLength(0)
    expect(events).toMatchObject([{ revoked: false }])
  })

  it('follows revokeOnLogout', async () => {
    const keeping = await TestApp.start(apple.url, { options: { revokeOnLogout: false } })
    const other = keeping.visitor()
    await signIn(apple, other)
    await other.post('/auth/apple/logout')
    expect(apple.requestsTo('/revoke')).toHaveLength(0)
    await keeping.stop()
  })
})

function misbehave(answer: (res: Parameters<typeof apple.misbehave>[1]) => unknown): void {
  apple.misbehave = ({ path }, res) => {
    if (!path.endsWith('/revoke')) return false
    answer(res)
    return true
  }
}
