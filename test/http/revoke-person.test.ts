import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import session from 'express-session'
import { Keyv } from 'keyv'
import { type AppleAuthEvents, type AppleRevocation } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { bundleId, signInOnDevice } from '../support/device.js'
import { signIn, type Visitor } from '../support/login-steps.js'
import { notify, person } from '../support/notifications.js'
import type { TestApp, TestAppSetup } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

const grants = (store: Keyv): string[] =>
  [...(store.store as Map<string, string>).entries()]
    .filter(([key]) => key.includes('grant:'))
    .map(([, value]) => value)

async function startShop(setup: TestAppSetup = {}): Promise<{ app: TestApp; store: Keyv }> {
  const store = new Keyv()
  const app = await startApp({
    ...setup,
    options: { audiences: [bundleId], store, httpTimeoutMs: 5000, ...setup.options },
    routes: (routes, auth) => {
      routes.post('/account/delete', (req, res, next) => {
        auth.revoke(req).then((outcome) => res.json({ outcome, signedIn: req.apple.isAuthenticated }), next)
      })
    },
  })
  return { app, store }
}

async function deleteAccount(visitor: Visitor): Promise<AppleRevocation> {
  const answer = await visitor.post('/account/delete')
  expect(answer.status).toBe(200)
  expect(answer.body.signedIn).toBe(false)
  return answer.body.outcome as AppleRevocation
}

async function isSignedIn(visitor: Visitor): Promise<boolean> {
  return ((await visitor.get('/')).body as { signedIn: boolean }).signedIn
}

const revokedTokens = (): string[] => apple.requestsTo('/revoke').map(({ form }) => form.get('token') ?? '')

describe('revoke()', () => {
  it('of a request takes the tokens back, ends that session at once, and every other one of that person', async () => {
    const { app, store } = await startShop()
    const [here, elsewhere, other] = [app.visitor(), app.visitor(), app.visitor()]
    for (const visitor of [here, elsewhere]) await signIn(apple, visitor)
    await signIn(apple, other, { idToken: { claims: { sub: 'somebody-else' } } })
    expect(await deleteAccount(here)).toBe('revoked')
    expect(await Promise.all([here, elsewhere, other].map(isSignedIn))).toEqual([false, false, true])
    // The session's and, of the later login, the kept one.
    expect(revokedTokens()).toHaveLength(2)
    expect(grants(store)).toHaveLength(1)
  })

  it('of a sub does so without a browser', async () => {
    const { app, store } = await startShop()
    const visitor = app.visitor()
    await signIn(apple, visitor)
    expect(await app.apple.revoke(person)).toBe('revoked')
    expect(apple.requestsTo('/revoke')[0]?.form.get('token_type_hint')).toBe('refresh_token')
    expect(await isSignedIn(visitor)).toBe(false)
    expect(grants(store)).toEqual([])
  })

  it('takes back the tokens of each client id under that client id', async () => {
    const { app } = await startShop()
    await signIn(apple, app.visitor())
    await app.visitor().post('/auth/apple/native').send(signInOnDevice(apple))
    expect(await app.apple.revoke(person)).toBe('revoked')
    expect(apple.requestsTo('/revoke').map(({ form }) => form.get('client_id'))).toEqual(['com.example.web', bundleId])
  })

  it('says that there was nothing to take back, and ends the logins all the same', async () => {
    const { app } = await startShop()
    const phone = app.visitor()
    const { identityToken } = signInOnDevice(apple)
    await phone.post('/auth/apple/native').send({ identityToken })
    expect(await isSignedIn(phone)).toBe(true)
    expect(await app.apple.revoke(person)).toBe('no_tokens')
    expect(await isSignedIn(phone)).toBe(false)
    expect(await app.apple.revoke('nobody')).toBe('no_tokens')
    expect(revokedTokens()).toEqual([])
  })

  it('goes on asking while Apple does not answer, and says so', async () => {
    const { app, store } = await startShop()
    const visitor = app.visitor()
    await signIn(apple, visitor)
    apple.misbehave = ({ path }, res) => path.endsWith('/revoke') && Boolean(res.writeHead(503).end())
    expect(await deleteAccount(visitor)).toBe('pending')
    expect(await isSignedIn(visitor)).toBe(false)
    expect(grants(store)).toEqual([])
    expect([...(store.store as Map<string, string>).keys()].some((key) => key.includes('revocation:'))).toBe(true)
  })

  it('says that it failed where Apple refuses for good', async () => {
    const { app } = await startShop()
    const failures: AppleAuthEvents['revocation_failed'][] = []
    app.apple.on('revocation_failed', (failure) => failures.push(failure))
    await signIn(apple, app.visitor())
    apple.misbehave = ({ path }, res) => {
      if (!path.endsWith('/revoke')) return false
      res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
      return true
    }
    expect(await app.apple.revoke(person)).toBe('failed')
    expect(failures).toMatchObject([{ sub: person, willRetry: false }])
  })

  it('leaves a login that the same person makes afterwards alone', async () => {
    const { app } = await startShop()
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await app.apple.revoke(person)
    await signIn(apple, visitor)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('ends logins that Apple’s clock, ahead of ours, has put into the future', async () => {
    const { app } = await startShop()
    const visitor = app.visitor()
    await signIn(apple, visitor, { idToken: { claims: { iat: Math.floor(Date.now() / 1000) + 20 } } })
    expect(await isSignedIn(visitor)).toBe(true)
    await app.apple.revoke(person)
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('reaches other nodes within ten seconds', async () => {
    const store = new Keyv()
    const sessions = new session.MemoryStore()
    const setup = {
      options: { store, redirectUri: 'http://localhost/auth/apple/callback' },
      session: { store: sessions },
    }
    const [one, other] = [await startShop(setup), await startShop(setup)]
    const visitor = one.app.visitor()
    const signedIn = await signIn(apple, visitor)
    const cookie = String(signedIn.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    const there = other.app.visitor()
    const ask = async (): Promise<boolean> => ((await there.get('/').set('Cookie', cookie)).body as never)['signedIn']
    expect(await ask()).toBe(true)
    await one.app.apple.revoke(person)
    expect(await withClockAhead(11_000, ask)).toBe(false)
  })

  it('does nothing at all while the store cannot keep that the logins have ended', async () => {
    const { app, store } = await startShop()
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const set = store.set.bind(store)
    Reflect.set(store, 'set', (key: string, ...rest: [unknown]) =>
      key.includes('revoked:') ? Promise.reject(new Error('full')) : set(key, ...rest),
    )
    expect((await visitor.post('/account/delete')).status).toBe(503)
    Reflect.set(store, 'set', set)
    expect(await isSignedIn(visitor)).toBe(true)
    expect(revokedTokens()).toEqual([])
    expect([...(store.store as Map<string, string>).keys()].filter((key) => key.includes('revocation:'))).toEqual([])
  })

  it('asks Apple all the same where the session cannot be ended, and throws then', async () => {
    const sessions = new session.MemoryStore()
    const { app, store } = await startShop({ session: { store: sessions } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    sessions.destroy = (_id, done) => {
      done?.(new Error('away'))
    }
    const answer = await visitor.post('/account/delete')
    expect([answer.status, answer.body.code]).toEqual([503, 'ERR_APPLE_SESSION_STORE'])
    expect(revokedTokens()).toHaveLength(1)
    expect(grants(store)).toEqual([])
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('keeps what it could neither have revoked nor write down, for the next call', async () => {
    const { app, store } = await startShop()
    await signIn(apple, app.visitor())
    const set = store.set.bind(store)
    Reflect.set(store, 'set', (name: string, ...rest: [unknown]) =>
      /revocation:|consent:/.test(name) ? Promise.reject(new Error('full')) : set(name, ...rest),
    )
    apple.misbehave = ({ path }, res) => path.endsWith('/revoke') && Boolean(res.writeHead(503).end())
    expect(await app.apple.revoke(person)).toBe('failed')
    Reflect.set(store, 'set', set)
    apple.misbehave = () => false
    expect(await app.apple.revoke(person)).toBe('revoked')
  })

  it('does not take an ended login, where attach() has not looked at it, for the person who is meant', async () => {
    const app = await startApp({
      options: { store: new Keyv() },
      first: () => undefined,
      before: (before, auth) => {
        before.post('/early/delete', (req, res, next) => {
          auth.revoke(req).then((outcome) => res.json(outcome), next)
        })
      },
    })
    const [old, fresh] = [app.visitor(), app.visitor()]
    await signIn(apple, old, { idToken: { claims: { iat: Math.floor(Date.now() / 1000) - 60 } } })
    await notify(apple, app, 'consent-revoked', { event_time: Date.now() - 30_000 })
    await signIn(apple, fresh)
    expect((await old.post('/early/delete')).body).toMatchObject({ code: 'ERR_APPLE_LOGIN_REQUIRED' })
    expect(await isSignedIn(fresh)).toBe(true)
  })

  it('wants somebody', async () => {
    const { app } = await startShop()
    expect((await app.visitor().post('/account/delete')).body).toMatchObject({ code: 'ERR_APPLE_LOGIN_REQUIRED' })
    for (const nobody of ['', undefined, null, 1, {}]) {
      await expect(app.apple.revoke(nobody as string)).rejects.toThrow('takes a sub, or a request')
    }
  })

  it('is for people: a school is disconnected', async () => {
    const app = await startApp({ options: { service: 'account-data-sharing' } })
    await expect(app.apple.revoke(person)).rejects.toThrow('connections.disconnect')
  })

  it('tells of a logout, once', async () => {
    const { app } = await startShop()
    const told: unknown[] = []
    app.apple.on('logout', (event) => told.push(event))
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await deleteAccount(visitor)
    expect(told).toEqual([{ sub: person, organizationId: undefined, revoked: true }])
  })
})

describe('the tokens kept for revoke()', () => {
  const key = (): string => randomBytes(32).toString('base64url')

  it('are sealed where there are keys, and move to the first one', async () => {
    const [old, fresh] = [key(), key()]
    const { app, store } = await startShop({ options: { tokenEncryptionKeys: [old] } })
    await signIn(apple, app.visitor())
    const [sealed = ''] = grants(store)
    expect(sealed).toContain('sealed.2.')
    expect(sealed).not.toMatch(/\b[ar][0-9a-f]{32}\./)
    const { app: later } = await startShop({ options: { store, tokenEncryptionKeys: [fresh, old] } })
    expect(await later.apple.revoke(person)).toBe('revoked')
    expect(revokedTokens()).toHaveLength(1)
  })

  it('that no key opens make revoke() end the logins and say so, and wait for their key; a notification forgets them', async () => {
    const old = key()
    const { app, store } = await startShop({ options: { tokenEncryptionKeys: [old] } })
    await signIn(apple, app.visitor())
    const { app: keyless } = await startShop({ options: { store, tokenEncryptionKeys: [key()] } })
    const told: unknown[] = []
    keyless.apple.on('unsealing_failed', ({ record }) => told.push(record))
    expect(await keyless.apple.revoke(person)).toBe('failed')
    expect(told).toEqual(['grant'])
    expect(grants(store)).toHaveLength(1)
    const { app: keyed } = await startShop({ options: { store, tokenEncryptionKeys: [key(), old] } })
    expect(await keyed.apple.revoke(person)).toBe('revoked')
    await signIn(apple, app.visitor())
    await notify(apple, keyless, 'consent-revoked')
    expect(grants(store)).toEqual([])
  })

  it('move to the first key with the session that they lie beside', async () => {
    const [old, fresh] = [key(), key()]
    const sessions = new session.MemoryStore()
    const shared = { session: { store: sessions } }
    const redirectUri = 'http://localhost/auth/apple/callback'
    const { app, store } = await startShop({ ...shared, options: { redirectUri, tokenEncryptionKeys: [old] } })
    const answer = await signIn(apple, app.visitor())
    const cookie = String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    const [before] = grants(store)
    const options = { redirectUri, store, tokenEncryptionKeys: [fresh, old] }
    const { app: later } = await startShop({ ...shared, options })
    await later.visitor().get('/').set('Cookie', cookie)
    const [after] = grants(store)
    expect(after).not.toBe(before)
    const { app: last } = await startShop({ options: { ...options, tokenEncryptionKeys: [fresh] } })
    expect(await last.apple.revoke(person)).toBe('revoked')
  })

  it('go with a logout that revokes them, and stay with one that does not', async () => {
    const { app, store } = await startShop()
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await visitor.post('/auth/apple/logout')
    expect(grants(store)).toEqual([])
    const { app: keeping } = await startShop({ options: { store, revokeOnLogout: false } })
    const again = keeping.visitor()
    await signIn(apple, again)
    await again.post('/auth/apple/logout')
    expect(grants(store)).toHaveLength(1)
    expect(await keeping.apple.revoke(person)).toBe('revoked')
  })

  it('of a newer login stay when an older one is revoked', async () => {
    const { app, store } = await startShop()
    const [older, newer] = [app.visitor(), app.visitor()]
    await signIn(apple, older)
    await signIn(apple, newer)
    await older.post('/auth/apple/logout')
    expect(grants(store)).toHaveLength(1)
  })

  it('go when Apple tells that the consent has ended, unless they are newer', async () => {
    const { app, store } = await startShop()
    await signIn(apple, app.visitor())
    await notify(apple, app, 'account-deleted', { event_time: Date.now() - 60_000 })
    expect(grants(store)).toHaveLength(1)
    await notify(apple, app, 'account-deleted')
    expect(grants(store)).toEqual([])
  })

  it('follow a refresh token that Apple has replaced', async () => {
    apple.tokenAnswer = { expires_in: 1 }
    const { app } = await startShop({
      before: (before, auth) => {
        before.get('/token', (req, res, next) => {
          auth
            .from(req)
            .getAccessToken()
            .then(() => res.end(), next)
        })
      },
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    apple.tokenAnswer = { refresh_token: 'the-next-one' }
    expect((await visitor.get('/token')).status).toBe(200)
    await app.apple.revoke(person)
    expect(revokedTokens()).toEqual(['the-next-one'])
  })

  it('are not missed at a login while the store is away', async () => {
    const { app, store } = await startShop()
    const set = store.set.bind(store)
    Reflect.set(store, 'set', () => Promise.reject(new Error('full')))
    expect((await signIn(apple, app.visitor())).status).toBe(303)
    Reflect.set(store, 'set', set)
    expect(await app.apple.revoke(person)).toBe('no_tokens')
  })
})
