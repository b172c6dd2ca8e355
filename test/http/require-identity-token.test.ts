import { describe, expect, it } from '@jest/globals'
import { Keyv } from 'keyv'
import request, { type Response } from 'supertest'
import { requireAppleIdentityToken, type RequireAppleIdentityTokenOptions } from '../../src/index.js'
import { bundleId, signInOnDevice } from '../support/device.js'
import { expectNoSecret } from '../support/expect-refused.js'
import { createSigningKey } from '../support/loopback-apple.js'
import { notify, person } from '../support/notifications.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

/** An API without sessions; the guard is the instance's own, or the one that finds it by `req.apple`. */
function startApi(options?: RequireAppleIdentityTokenOptions, store?: Keyv): Promise<TestApp> {
  return startApp({
    session: 'none',
    options: { audiences: [bundleId], ...(store === undefined ? {} : { store }) },
    routes: (routes, auth) => {
      routes.get('/bound', auth.requireIdentityToken(options), (req, res) => res.json(req.appleIdentity))
      routes.get('/api', requireAppleIdentityToken(options), (req, res) => res.json(req.appleIdentity))
    },
  })
}

function get(app: TestApp, authorization?: string, path = '/api'): Promise<Response> {
  const asked = request(app.url).get(path)
  return (authorization === undefined ? asked : asked.set('Authorization', authorization)).then()
}

describe('requireAppleIdentityToken', () => {
  it.each(['/api', '/bound'])('says who sent the request, without any session, at %s', async (path) => {
    const app = await startApi()
    const { identityToken } = signInOnDevice(apple, { nonce: 'of the app' })
    const answer = await get(app, `Bearer ${identityToken}`, path)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      sub: person,
      email: 'person@example.com',
      emailVerified: true,
      claims: { aud: bundleId, nonce: 'of the app' },
    })
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('knows the scheme however it is spelt', async () => {
    const app = await startApi()
    expect((await get(app, `bearer  ${signInOnDevice(apple).identityToken}`)).status).toBe(200)
  })

  it.each([[undefined], ['Basic dXNlcjpwYXNz'], ['Bearerish abc']])(
    'asks for a token, with no error, where none came: %s',
    async (authorization) => {
      const answer = await get(await startApi(), authorization)
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="apple"')
      expect(answer.body).toEqual({ error: 'token_required' })
    },
  )

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer "quoted"', 'Bearer a,b'])(
    'calls a header that holds no token an invalid request: %s',
    async (authorization) => {
      const answer = await get(await startApi(), authorization)
      expect(answer.status).toBe(400)
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="apple", error="invalid_request", error_desc/)
      expect(answer.body).toEqual({ error: 'invalid_request' })
    },
  )

  const stranger = createSigningKey('first00001')
  it.each([
    ['another app’s', { aud: 'com.somebody.else' }],
    ['one that has ended', { claims: { exp: Math.floor(Date.now() / 1000) - 100 } }],
    ['one that somebody else has signed', { key: stranger.privateKey }],
  ])('refuses %s as an invalid token, and says nothing of it', async (_what, setup) => {
    const app = await startApi()
    const answer = await get(app, `Bearer ${signInOnDevice(apple, setup).identityToken}`)
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="apple", error="invalid_token", error_desc/)
    expect(answer.body).toEqual({ error: 'invalid_token' })
    expectNoSecret(JSON.stringify(answer.headers))
    expect(app.errors).toEqual([])
  })

  it('takes no token from the query or the body', async () => {
    const app = await startApi()
    const { identityToken } = signInOnDevice(apple)
    expect((await request(app.url).get(`/api?access_token=${identityToken}`)).status).toBe(401)
  })

  it('may narrow whom the token is for, and how old it is', async () => {
    const narrow = await startApi({ audience: 'com.example.web', realm: 'class room' })
    const refused = await get(narrow, `Bearer ${signInOnDevice(apple).identityToken}`)
    expect(refused.headers['www-authenticate']).toContain('realm="class room"')
    expect(refused.status).toBe(401)
    const own = signInOnDevice(apple, { aud: 'com.example.web' })
    expect((await get(narrow, `Bearer ${own.identityToken}`)).status).toBe(200)

    const young = await startApi({ maxAge: 300 })
    const iat = Math.floor(Date.now() / 1000)
    const old = signInOnDevice(apple, { claims: { iat: iat - 400 } })
    const fresh = signInOnDevice(apple, { claims: { iat: iat - 200 } })
    expect((await get(young, `Bearer ${old.identityToken}`)).status).toBe(401)
    expect((await get(young, `Bearer ${fresh.identityToken}`)).status).toBe(200)
  })

  it('refuses a token from before the person took the consent back, and takes a newer one', async () => {
    const app = await startApi()
    const iat = Math.floor(Date.now() / 1000)
    const old = signInOnDevice(apple, { claims: { iat: iat - 60 } })
    expect((await get(app, `Bearer ${old.identityToken}`)).status).toBe(200)
    await notify(apple, app, 'consent-revoked', { event_time: iat - 30 })
    expect((await get(app, `Bearer ${old.identityToken}`)).status).toBe(401)
    const fresh = signInOnDevice(apple, { claims: { iat } })
    expect((await get(app, `Bearer ${fresh.identityToken}`)).status).toBe(200)
  })

  it('refuses a token of the very second in which the consent ended', async () => {
    const app = await startApi()
    const iat = Math.floor(Date.now() / 1000)
    const { identityToken } = signInOnDevice(apple, { claims: { iat } })
    await notify(apple, app, 'consent-revoked', { event_time: iat * 1000 + 1 })
    expect((await get(app, `Bearer ${identityToken}`)).status).toBe(401)
  })

  it('lets nobody pass while Apple’s keys or the store cannot be asked', async () => {
    const app = await startApi()
    apple.misbehave = ({ path }, res) => path.endsWith('/keys') && Boolean(res.writeHead(503).end())
    expect((await get(app, `Bearer ${signInOnDevice(apple).identityToken}`)).status).toBe(424)
    apple.reset()
    const store = new Keyv()
    Reflect.set(store, 'get', () => Promise.reject(new Error('away')))
    const other = await startApi(undefined, store)
    expect((await get(other, `Bearer ${signInOnDevice(apple).identityToken}`)).status).toBe(503)
  })

  it('says that attach() is missing', async () => {
    const app = await startApp({
      before: (before) => before.get('/early', requireAppleIdentityToken(), (_req, res) => res.end()),
    })
    expect((await get(app, undefined, '/early')).status).toBe(500)
    expect(String(app.errors[0])).toContain('attach()')
  })

  it.each([
    [{ audience: undefined }, 'audience is undefined'],
    [{ audience: '' }, 'audience must be'],
    [{ audience: [] }, 'audience must not be empty'],
    [{ maxAge: 0 }, 'maxAge must be'],
    [{ maxAge: undefined }, 'maxAge is undefined'],
    [{ realm: 'a"b' }, 'realm must be'],
    [{ scope: 'email' }, 'there is no option scope'],
  ])('refuses %j when the route is defined', (options, message) => {
    expect(() => requireAppleIdentityToken(options as RequireAppleIdentityTokenOptions)).toThrow(message)
  })
})
