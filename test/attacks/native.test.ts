import { afterEach, describe, expect, it } from '@jest/globals'
import { Keyv } from 'keyv'
import type { Response } from 'supertest'
import { bundleId, type DeviceSetup, sha256, signInOnDevice } from '../support/device.js'
import { expectRefused, expectSignedOut } from '../support/expect-refused.js'
import { createSigningKey } from '../support/loopback-apple.js'
import { notify } from '../support/notifications.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

async function startNativeApp(store = new Keyv()): Promise<TestApp> {
  return startApp({ options: { audiences: [bundleId], store } })
}

async function expectNativeRefused(app: TestApp, body: unknown, code: string): Promise<void> {
  const phone = app.visitor()
  const answer = await post(app, body, phone)
  await expectRefused(answer, phone, code)
}

function post(app: TestApp, body: unknown, phone = app.visitor()): Promise<Response> {
  return phone
    .post('/auth/apple/native')
    .type('json')
    .send(typeof body === 'string' ? body : JSON.stringify(body))
    .then()
}

describe('a native login that must be refused', () => {
  const stranger = createSigningKey('first00001')
  const tokens: readonly (readonly [what: string, setup: DeviceSetup])[] = [
    ['is another app’s', { aud: 'com.somebody.else' }],
    ['comes from another issuer', { claims: { iss: 'https://apple.example' } }],
    ['has ended', { claims: { exp: Math.floor(Date.now() / 1000) - 100 } }],
    ['is more than a day old', { claims: { iat: Math.floor(Date.now() / 1000) - 90_000 } }],
    ['has no sub', { without: ['sub'] }],
    ['is signed by somebody else', { key: stranger.privateKey }],
    ['says alg none', { header: { alg: 'none' } }],
    ['is somebody else’s by azp', { claims: { azp: 'com.somebody.else' } }],
  ]
  it.each(tokens)('has an identity token that %s', async (_what, setup) => {
    await expectNativeRefused(await startNativeApp(), signInOnDevice(apple, setup), 'ERR_APPLE_ID_TOKEN')
    expect(apple.requestsTo('/token')).toEqual([])
  })

  it.each([
    ['another nonce than the token’s', 'sent', 'other'],
    ['a nonce, and the token has none', undefined, 'other'],
    ['no nonce, and the token has one', 'sent', undefined],
    ['an empty nonce, and the token has one', 'sent', ''],
    ['the raw nonce’s hash of a hash', sha256(sha256('raw')), 'raw'],
  ])('has %s', async (_what, sent, posted) => {
    const login = signInOnDevice(apple, sent === undefined ? {} : { nonce: sent })
    await expectNativeRefused(await startNativeApp(), { ...login, nonce: posted }, 'ERR_APPLE_ID_TOKEN')
    expect(apple.requestsTo('/token')).toEqual([])
  })

  it('has the code of another sign-in, by its c_hash', async () => {
    const { identityToken } = signInOnDevice(apple)
    const { authorizationCode } = signInOnDevice(apple)
    await expectNativeRefused(await startNativeApp(), { identityToken, authorizationCode }, 'ERR_APPLE_ID_TOKEN')
    expect(apple.requestsTo('/token')).toEqual([])
  })

  it('has the code of another person, where there is no c_hash', async () => {
    const { identityToken } = signInOnDevice(apple, { without: ['c_hash'] })
    const { authorizationCode } = signInOnDevice(apple, { exchanged: { claims: { sub: 'attacker' } } })
    await expectNativeRefused(await startNativeApp(), { identityToken, authorizationCode }, 'ERR_APPLE_IDENTITY')
  })

  it('has a code for which Apple does not say whose it is', async () => {
    await expectNativeRefused(
      await startNativeApp(),
      signInOnDevice(apple, { exchanged: 'none' }),
      'ERR_APPLE_ID_TOKEN',
    )
  })

  it('has a code whose id_token is for another client id', async () => {
    const login = signInOnDevice(apple, { exchanged: { claims: { aud: 'com.example.web' } } })
    await expectNativeRefused(await startNativeApp(), login, 'ERR_APPLE_ID_TOKEN')
  })

  it('has a code that was used', async () => {
    const app = await startNativeApp()
    const login = signInOnDevice(apple)
    expect((await post(app, login)).status).toBe(200)
    await expectNativeRefused(app, login, 'ERR_APPLE_ID_TOKEN')
    const { identityToken } = signInOnDevice(apple, { without: ['c_hash'] })
    const { authorizationCode } = login
    await expectNativeRefused(app, { identityToken, authorizationCode }, 'ERR_APPLE_TOKEN')
  })

  it('has a web login’s id_token and its nonce, and no code', async () => {
    const app = await startNativeApp()
    const { identityToken } = signInOnDevice(apple, { aud: 'com.example.web', nonce: 'of the web login' })
    await expectNativeRefused(app, { identityToken, nonce: 'of the web login' }, 'ERR_APPLE_ID_TOKEN')
  })

  it('has a token that was used with its code, and no code now', async () => {
    const app = await startNativeApp()
    const login = signInOnDevice(apple, { nonce: 'raw' })
    expect((await post(app, { ...login, nonce: 'raw' })).status).toBe(200)
    await expectNativeRefused(app, { identityToken: login.identityToken, nonce: 'raw' }, 'ERR_APPLE_ID_TOKEN')
  })

  it.each([
    ['is no JSON', '{'],
    ['is a list', '[]'],
    ['is null', 'null'],
    ['has no identity token', '{}'],
    ['has an empty identity token', '{"identityToken":""}'],
    ['has a list as identity token', '{"identityToken":["a"]}'],
    ['has it in a prototype', '{"__proto__":{"identityToken":"a"}}'],
    ['has a number as code', '{"identityToken":"a.b.c","authorizationCode":1}'],
    ['has its token twice', '{"identityToken":"a.b.c","identityToken":"d.e.f"}'],
    ['has an object as nonce', '{"identityToken":"a.b.c","nonce":{}}'],
  ])('has a body that %s', async (_what, body) => {
    await expectNativeRefused(await startNativeApp(), body, 'ERR_APPLE_NATIVE_LOGIN')
  })

  it('is as large as nothing that Apple sends', async () => {
    const phone = (await startNativeApp()).visitor()
    const answer = await phone.post('/auth/apple/native').send({ identityToken: 'a'.repeat(70_000) })
    expect(answer.status).toBe(413)
    await expectSignedOut(phone)
  })

  it('is a form, which any page of any site could post', async () => {
    const phone = (await startNativeApp()).visitor()
    for (const type of ['form', 'text/plain']) {
      const answer = await phone
        .post('/auth/apple/native')
        .type(type)
        .send(JSON.stringify(signInOnDevice(apple)))
      expect(answer.status).toBe(415)
    }
    await expectSignedOut(phone)
  })

  it.each([{ 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }, { Origin: 'https://evil.example' }])(
    'comes from another site: %j',
    async (headers) => {
      const phone = (await startNativeApp()).visitor()
      const answer = await phone.post('/auth/apple/native').set(headers).send(signInOnDevice(apple))
      await expectRefused(answer, phone, 'ERR_APPLE_CROSS_SITE')
    },
  )

  it('began before the person took the consent back, with a code or without', async () => {
    const app = await startNativeApp()
    const iat = Math.floor(Date.now() / 1000) - 60
    const [one, other] = [signInOnDevice(apple, { claims: { iat } }), signInOnDevice(apple, { claims: { iat } })]
    await notify(apple, app, 'consent-revoked')
    await expectNativeRefused(app, one, 'ERR_APPLE_ID_TOKEN')
    await expectNativeRefused(app, { identityToken: other.identityToken }, 'ERR_APPLE_ID_TOKEN')
    expect(apple.requestsTo('/token')).toEqual([])
  })

  it('has no code, and began in the second in which the person took the consent back', async () => {
    const app = await startNativeApp()
    const iat = Math.floor(Date.now() / 1000)
    const { identityToken } = signInOnDevice(apple, { claims: { iat } })
    await notify(apple, app, 'consent-revoked', { event_time: iat * 1000 + 1 })
    await expectNativeRefused(app, { identityToken }, 'ERR_APPLE_ID_TOKEN')
  })

  it('has no code, and comes to two nodes at once', async () => {
    const store = new Keyv()
    const nodes = [await startNativeApp(store), await startNativeApp(store)]
    const { identityToken } = signInOnDevice(apple)
    const answers = await Promise.all(nodes.map((node) => post(node, { identityToken })))
    expect(answers.map(({ status }) => status).filter((status) => status === 200).length).toBeLessThanOrEqual(1)
  })

  it('has no code, and the store does not say whether it has been used', async () => {
    const store = new Keyv()
    Reflect.set(store, 'get', () => Promise.reject(new Error('away')))
    const app = await startNativeApp(store)
    expect((await post(app, { identityToken: signInOnDevice(apple).identityToken })).status).toBe(503)
  })
})

describe('a name that a native app posts', () => {
  const nested = {}
  const deep = `${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`

  afterEach(() => {
    apple.reset()
  })

  it.each([
    ['an id, as some libraries call `user`', '001883.abc.1517'],
    ['markup', { name: { firstName: '<b>\u0007Bold</b>' } }],
    ['a list', ['a']],
    ['nested thousands of times', nested],
    ['much too long', { name: { firstName: 'x'.repeat(10_000) } }],
  ])('is never more than a name, and loses no login: %s', async (_what, user) => {
    const app = await startNativeApp()
    const login = JSON.stringify(signInOnDevice(apple)).slice(0, -1)
    const answer = await post(app, `${login},"user":${user === nested ? deep : JSON.stringify(user)}}`)
    expect(answer.status).toBe(200)
    const { unverifiedName = {} } = answer.body.user as { unverifiedName?: object }
    expect(['{}', '{"firstName":"<b>Bold</b>"}']).toContain(JSON.stringify(unverifiedName))
  })
})
