import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { AppleAuthError, AppleRosterError } from '../../src/index.js'
import { expectRefused } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url, {
    options: { service: 'account-data-sharing', httpTimeoutMs: 1000 },
    routes: (routes, auth) => {
      routes.get('/school', (req, res, next) => {
        req.apple.roster.organization().then((organization) => res.json(organization), next)
      })
      routes.get('/only', auth.requireAuth({ organization: 'org-1' }), (_req, res) => void res.json({ reached: true }))
    },
  })
})
afterEach(() => {
  apple.reset()
  app.errors.length = 0
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

/** The Roster API answers so. */
function rosterAnswers(status: number, body: string): void {
  apple.misbehave = ({ path }, res) => {
    if (!path.includes('/rosterapi/')) return false
    res.writeHead(status, { 'content-type': 'application/json' }).end(body)
    return true
  }
}

describe('a Data Sharing login', () => {
  it('asks for both scopes by %20, and sends no response_mode and no challenge', async () => {
    const authorizeUrl = await beginLogin(app.visitor())
    expect(authorizeUrl.pathname).toBe('/auth/oauth2/v2/authorize')
    expect(authorizeUrl.search).toContain('scope=edu.users.read%20edu.classes.read')
    expect([...authorizeUrl.searchParams.keys()].sort()).toEqual([
      'client_id',
      'nonce',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ])
  })

  it('knows its school, with an id_token', async () => {
    const visitor = app.visitor()
    const answer = await signIn(apple, visitor, {
      idToken: { claims: { org_id: 'org-1', iss: `${apple.url}/auth/oauth2/v2` } },
    })
    expect(answer.status).toBe(303)
    expect((await visitor.get('/private')).body).toMatchObject({
      user: { organizationId: 'org-1' },
      organization: { id: 'org-1', name: 'Test School', type: 'EDUCATION' },
    })
    const [read] = apple.requestsTo('/rosterapi/v1/organization')
    expect(read?.headers.authorization).toMatch(/^Bearer a[0-9a-f]{32}\./)
  })

  it('without an id_token takes the school for the identity', async () => {
    const visitor = app.visitor()
    await signIn(apple, visitor, { idToken: 'none' })
    expect((await visitor.get('/private')).body).toEqual({
      organization: { id: 'org-1', name: 'Test School', type: 'EDUCATION' },
    })
    expect((await visitor.get('/only')).body).toEqual({ reached: true })
  })

  it.each(['get', 'post'] as const)('takes Apple’s answer by %s, as Apple documents neither', async (method) => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor, '/private')
    const fields = { code: apple.issueCode(authorizeUrl, 'none'), state: stateOf(authorizeUrl) }
    const answer =
      method === 'post' ? await postCallback(visitor, fields) : await visitor.get('/auth/apple/callback').query(fields)
    expect(answer.headers.location).toBe('/private')
  })

  it.each([
    ['repeated', 'code=a&code=b&state=s'],
    ['nested', 'code[x]=a&state=s'],
    ['state repeated', 'code=a&state=s&state=t'],
  ])('refuses a query with a parameter %s', async (_name, query) => {
    const visitor = app.visitor()
    await expectRefused(await visitor.get(`/auth/apple/callback?${query}`), visitor, 'ERR_APPLE_CALLBACK')
  })

  it('takes GET alone where query was asked for', async () => {
    const query = await TestApp.start(apple.url, {
      options: { service: 'account-data-sharing', responseMode: 'query' },
    })
    const visitor = query.visitor()
    const authorizeUrl = await beginLogin(visitor)
    expect(authorizeUrl.searchParams.get('response_mode')).toBe('query')
    const fields = { code: apple.issueCode(authorizeUrl, 'none'), state: stateOf(authorizeUrl) }
    const posted = await postCallback(visitor, fields)
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET'])
    expect((await visitor.get('/auth/apple/callback').query(fields)).status).toBe(303)
    await query.stop()
  })

  it('row 170: refuses an id_token that names another school than the Roster API', async () => {
    const visitor = app.visitor()
    const answer = await signIn(apple, visitor, { idToken: { claims: { org_id: 'org-2' } } })
    await expectRefused(answer, visitor, 'ERR_APPLE_IDENTITY')
  })

  it.each<[string, number, string]>([
    ['403', 403, ''],
    ['no JSON', 200, '{'],
    ['no id', 200, '{"name":"x"}'],
    ['an empty id', 200, '{"id":""}'],
    ['a list', 200, '[]'],
  ])(
    'stands without its school where the Roster API answers %s and an id_token says who it is',
    async (_name, status, body) => {
      rosterAnswers(status, body)
      const visitor = app.visitor()
      await signIn(apple, visitor)
      expect((await visitor.get('/private')).body.organization).toBeUndefined()
      expect((await visitor.get('/school')).status).toBe(424)
      apple.misbehave = () => false
      expect((await visitor.get('/school')).body.id).toBe('org-1')
      expect((await visitor.get('/private')).body.organization.id).toBe('org-1')
    },
  )

  it.each([429, 500])('stands at once where it answers %i: nobody waits for another try', async (status) => {
    rosterAnswers(status, '<html>')
    const visitor = app.visitor()
    await signIn(apple, visitor)
    expect(apple.requestsTo('/organization')).toHaveLength(1)
    expect((await visitor.get('/private')).body.organization).toBeUndefined()
  })

  it('fails where neither an id_token nor the Roster API says who it is', async () => {
    rosterAnswers(503, '')
    const visitor = app.visitor()
    await expectRefused(await signIn(apple, visitor, { idToken: 'none' }), visitor, 'ERR_APPLE_IDENTITY')
    expect((app.errors[0] as AppleAuthError).cause).toMatchObject({ code: 'ERR_APPLE_ROSTER', appleStatus: 503 })
  })

  it.each([
    [401, /not valid/],
    [403, /scope/],
    [404, /no such thing/],
  ])('explains the Roster API’s %s', async (status, because) => {
    const visitor = app.visitor()
    await signIn(apple, visitor)
    rosterAnswers(status, '')
    expect((await visitor.get('/school')).status).toBe(424)
    const error = app.errors.at(-1) as AppleRosterError
    expect([error.appleStatus, error.message]).toEqual([status, expect.stringMatching(because)])
  })

  it('reads the school for a guard that asks for it, and refuses while it is unknown', async () => {
    rosterAnswers(503, '')
    const visitor = app.visitor()
    await signIn(apple, visitor)
    expect((await visitor.get('/only')).status).toBe(403)
    apple.misbehave = () => false
    expect((await visitor.get('/only')).status).toBe(200)
  })

  it('takes nothing from an organization that nobody listed', async () => {
    apple.organization = JSON.parse(
      '{"id":"org-1","name":7,"domains":[{"name":"a.example","isVerified":true,"x":1},7,{"name":1}],"__proto__":{"x":1},"isAdmin":true}',
    )
    const visitor = app.visitor()
    await signIn(apple, visitor)
    expect((await visitor.get('/private')).body.organization).toEqual({
      id: 'org-1',
      domains: [{ name: 'a.example', isVerified: true }, {}],
    })
  })

  it('takes scopes from the id_token where it names them', async () => {
    const scoped = await TestApp.start(apple.url, {
      options: { service: 'account-data-sharing' },
      routes: (routes, auth) =>
        routes.get('/classes', auth.requireAuth({ scope: 'edu.classes.read' }), (_req, res) => void res.end()),
    })
    for (const [scopes, status] of [
      ['edu.users.read', 403],
      [['edu.users.read', 'edu.classes.read'], 200],
      [undefined, 200],
    ] as const) {
      const visitor = scoped.visitor()
      await signIn(apple, visitor, { idToken: { claims: scopes === undefined ? {} : { scopes } } })
      expect((await visitor.get('/classes')).status).toBe(status)
    }
    await scoped.stop()
  })
})

describe('a Sign in with Apple login', () => {
  it('has no Roster API, and says so', async () => {
    const plain = await TestApp.start(apple.url, {
      routes: (routes) => routes.get('/school', (req, _res, next) => void req.apple.roster.organization().catch(next)),
    })
    const visitor = plain.visitor()
    await signIn(apple, visitor)
    expect((await visitor.get('/school')).status).toBe(424)
    expect((plain.errors[0] as Error).message).toMatch(/account-data-sharing/)
    expect(apple.requestsTo('/organization')).toEqual([])
    await plain.stop()
  })
})
