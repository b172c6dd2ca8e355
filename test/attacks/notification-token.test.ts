import { createHmac, createSign, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { type AppleNotification, AppleNotificationError } from '../../src/index.js'
import { expectNoSecret } from '../support/expect-refused.js'
import { signIn } from '../support/login-steps.js'
import { createSigningKey, type IdTokenParts, LoopbackApple, signJwt, signTexts } from '../support/loopback-apple.js'
import { eventOf, notificationOf, postNotification } from '../support/notifications.js'
import { TestApp } from '../support/test-app.js'
import { attackerCertificate } from './attacker-certificate.js'

let apple: LoopbackApple
let app: TestApp
const told: AppleNotification[] = []
const attacker = createSigningKey('attacker01')
const hour = 3600

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url, { options: { onNotification: (event) => void told.push(event) } })
})
afterEach(() => {
  apple.reset()
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

const now = (): number => Math.floor(Date.now() / 1000)
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function good(parts?: IdTokenParts): string {
  return notificationOf(apple, eventOf('consent-revoked'), parts)
}

/** 400, nothing leaked, the app not called, and whoever is signed in stays so. */
async function expectRefused(jwt: unknown): Promise<void> {
  const visitor = app.visitor()
  await signIn(apple, visitor)
  told.length = 0
  const answer = await postNotification(app, jwt)
  expect([answer.status, answer.body.code]).toEqual([400, 'ERR_APPLE_NOTIFICATION'])
  expectNoSecret(`${answer.text}${JSON.stringify(answer.headers)}${String(app.errors.at(-1))}`)
  expect(told).toEqual([])
  expect((await visitor.get('/private')).status).toBe(200)
}

describe('notification claims (catalogue section 8)', () => {
  it.each<[string, () => IdTokenParts]>([
    ['iss is another', () => ({ claims: { iss: `${apple.url}1` } })],
    ['iss is missing', () => ({ without: ['iss'] })],
    ['iss ends in a slash', () => ({ claims: { iss: `${apple.url}/` } })],
    ['iss is a list', () => ({ claims: { iss: [apple.url] } })],
    ['iss is Data Sharing’s, at Sign in with Apple', () => ({ claims: { iss: `${apple.url}/auth/oauth2/v2` } })],
    ['aud is another client', () => ({ claims: { aud: 'com.example.other' } })],
    ['aud is missing', () => ({ without: ['aud'] })],
    ['aud is null', () => ({ claims: { aud: null } })],
    ['aud is empty', () => ({ claims: { aud: '' } })],
    ['aud is an empty list', () => ({ claims: { aud: [] } })],
    ['aud is a list of lists', () => ({ claims: { aud: [['com.example.web']] } })],
    ['aud is the beginning of ours', () => ({ claims: { aud: 'com.example' } })],
    ['aud begins with ours', () => ({ claims: { aud: 'com.example.web.other' } })],
    ['aud is several in one text', () => ({ claims: { aud: 'com.example.web com.example.other' } })],
    ['aud is an object', () => ({ claims: { aud: { 'com.example.web': true } } })],
    ['aud is two', () => ({ claims: { aud: ['com.example.web', 'com.example.other'] } })],
    ['azp is another client', () => ({ claims: { azp: 'com.example.other' } })],
  ])('rows 146 and 147: refuses one whose %s', async (_name, parts) => {
    await expectRefused(good(parts()))
    expect(app.errors.at(-1)).toBeInstanceOf(AppleNotificationError)
  })

  it('row 147: says where a client id belongs whose notifications are refused', async () => {
    await expectRefused(good({ claims: { aud: 'com.example.ios' } }))
    expect(String(app.errors.at(-1))).toContain('audiences (APPLE_AUDIENCES)')
  })

  it('row 147: takes one for another of the configured client ids, and says to whom it was sent', async () => {
    const heard: AppleNotification[] = []
    const both = await TestApp.start(apple.url, {
      options: { audiences: ['com.example.ios'], onNotification: (event) => void heard.push(event) },
    })
    const answer = await postNotification(both, good({ claims: { aud: ['com.example.ios'] } }))
    await both.stop()
    expect(answer.status).toBe(200)
    expect(heard).toMatchObject([{ audience: 'com.example.ios' }])
  })

  it.each([
    ['a text', 'n-0S6_WzA2Mj'],
    ['empty', ''],
    ['null', null],
  ])('row 151: refuses one with a nonce (%s), as an id_token has', async (_name, nonce) => {
    await expectRefused(good({ claims: { nonce } }))
  })

  it.each([
    ['missing', { without: ['jti'] }],
    ['a number', { claims: { jti: 7 } }],
    ['empty', { claims: { jti: '' } }],
    ['null', { claims: { jti: null } }],
    ['a list', { claims: { jti: ['x'] } }],
    ['256 characters long', { claims: { jti: 'x'.repeat(256) } }],
  ])('row 153: refuses a jti that is %s', async (_name, parts) => {
    await expectRefused(good(parts))
  })

  it.each<[string, () => IdTokenParts]>([
    ['iat is a day and a minute old', () => ({ claims: { iat: now() - 24 * hour - 60 } })],
    ['iat is an hour ahead', () => ({ claims: { iat: now() + hour } })],
    ['iat is missing', () => ({ without: ['iat'] })],
    ['iat is a text', () => ({ claims: { iat: String(now()) } })],
    ['exp is past', () => ({ claims: { exp: now() - 60 } })],
    ['exp is a text', () => ({ claims: { exp: String(now() + hour) } })],
    ['exp is null', () => ({ claims: { exp: null } })],
    ['nbf is ahead', () => ({ claims: { nbf: now() + hour } })],
  ])('rows 146 and 154: refuses one whose %s', async (_name, parts) => {
    await expectRefused(good(parts()))
  })

  it('takes one without exp, as Apple’s samples are', async () => {
    expect((await postNotification(app, good({ without: ['exp'] }))).status).toBe(200)
  })

  it.each([
    ['an array', '["events"]'],
    ['a text', '"events"'],
    ['null', 'null'],
    ['no JSON', '{events'],
  ])('row 146: refuses a payload that is %s', async (_name, payload) => {
    const header = JSON.stringify({ kid: apple.signer.kid, alg: 'RS256' })
    await expectRefused(signTexts(header, payload, apple.signer.privateKey))
  })

  it.each(['exp', 'iat', 'nbf'])('row 146: refuses an %s beyond numbers', async (name) => {
    const marker = 4_242_424_242
    const jwt = good({ claims: { [name]: marker } })
    const [header = '', payload = ''] = jwt.split('.').map((part) => Buffer.from(part, 'base64url').toString())
    const beyond = payload.replace(String(marker), '1e999')
    expect(beyond).toContain(`"${name}":1e999`)
    await expectRefused(signTexts(header, beyond, apple.signer.privateKey))
  })

  it('row 146: refuses a payload of more than 16 KiB', async () => {
    await expectRefused(good({ claims: { extra: 'x'.repeat(17_000) } }))
  })

  it('row 149: refuses an id_token of the same client', async () => {
    await expectRefused(apple.idToken('com.example.web'))
    await expectRefused(apple.idToken('com.example.web', { claims: { jti: 'made-up' } }))
    await expectRefused(apple.idToken('com.example.web', {}, 'a nonce'))
  })

  it('row 150: takes no notification for an id_token, at the token endpoint or from an app', async () => {
    const visitor = app.visitor()
    const jwt = good({ claims: { sub: undefined } })
    apple.tokenAnswer = { id_token: jwt }
    const answer = await signIn(apple, visitor)
    expect([answer.status, answer.body.code]).toEqual([401, 'ERR_APPLE_ID_TOKEN'])
    expect((await visitor.get('/')).body).toEqual({ signedIn: false })
    await expect(app.apple.verifyIdToken(jwt)).rejects.toMatchObject({ code: 'ERR_APPLE_ID_TOKEN' })
  })
})

describe('notification header and signature (catalogue section 8)', () => {
  it.each<[string, Record<string, unknown>]>([
    ['alg none', { alg: 'none' }],
    ['alg missing', { alg: undefined }],
    ['alg null', { alg: null }],
    ['alg RS512', { alg: 'RS512' }],
    ['typ at+jwt', { typ: 'at+jwt' }],
    ['typ logout+jwt', { typ: 'logout+jwt' }],
    ['cty JWT', { cty: 'JWT' }],
    ['crit', { crit: ['exp'] }],
    ['a kid that nobody knows', { kid: 'nobody0001' }],
    ['a kid that is a path', { kid: '../../dev/null' }],
    ['a kid that is no text', { kid: { $ne: null } }],
    ['no kid among several keys', { kid: undefined }],
  ])('row 146: refuses %s', async (_name, header) => {
    await expectRefused(good({ header }))
  })

  it('row 146: refuses the signature of somebody else, under Apple’s kid and with the key brought along', async () => {
    const jwk = attacker.publicKey.export({ format: 'jwk' })
    const x5c = [attackerCertificate(attacker).toString('base64')]
    await expectRefused(good({ key: attacker.privateKey, header: { x5c } }))
    await expectRefused(good({ key: attacker.privateKey, header: { x5c, kid: undefined } }))
    await expectRefused(good({ key: attacker.privateKey, header: { x5c, jwk: { ...jwk, x5c }, kid: 'attacker01' } }))
    await expectRefused(good({ key: attacker.privateKey }))
    await expectRefused(good({ key: attacker.privateKey, header: { jwk, kid: 'attacker01' } }))
    const before = apple.requests.length
    await expectRefused(
      good({ key: attacker.privateKey, header: { jku: `${apple.url}/evil`, x5u: `${apple.url}/evil` } }),
    )
    expect(apple.requests.slice(before).filter(({ path }) => path.includes('evil'))).toEqual([])
  })

  it('rows 86 and 152: takes one notification once, however its text is spelled', async () => {
    const original = good()
    const spellings = [
      original,
      original
        .split('.')
        .map((part) => part.padEnd(Math.ceil(part.length / 4) * 4, '='))
        .join('.'),
      `${original}==`,
      original.replaceAll('-', '+').replaceAll('_', '/'),
      original.replace(/.{76}/g, '$&\r\n'),
      ` ${original} `,
    ]
    told.length = 0
    for (const spelling of [...spellings, ...spellings]) {
      expect([200, 400]).toContain((await postNotification(app, spelling)).status)
    }
    expect(told).toHaveLength(1)
  })

  it('row 160: of what the usual tools make of a good one only the original is taken', async () => {
    const original = good()
    const [header = '', payload = '', signature = ''] = original.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    const pem = apple.signer.publicKey.export({ format: 'pem', type: 'spki' }).toString()
    const hmac = (key: string): string => {
      const input = `${encode({ alg: 'HS256', kid: apple.signer.kid })}.${payload}`
      return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
    }
    const { privateKey: ecKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const ecInput = `${encode({ alg: 'ES256', kid: apple.signer.kid })}.${payload}`
    const ec = createSign('sha256').update(ecInput).sign({ key: ecKey, dsaEncoding: 'ieee-p1363' })
    const forgeries = [
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${encode({ alg: 'none' })}.${payload}.`,
      `${encode({ alg: 'nOnE', kid: apple.signer.kid })}.${payload}.${signature}`,
      `${header}.${encode({ ...claims, jti: 'other' })}.${signature}`,
      `${encode({ kid: apple.signer.kid, alg: 'RS256', extra: 1 })}.${payload}.${signature}`,
      `${header}.${payload}.${Buffer.alloc(256).toString('base64url')}`,
      `${header}.${payload}.${signature.slice(0, -8)}`,
      `${header}.${payload}.${signature}.${signature}`,
      `${ecInput}.${ec.toString('base64url')}`,
      `${ecInput}.${Buffer.alloc(64).toString('base64url')}`,
      ...['', 'secret', 'com.example.web', pem, pem.trim()].map(hmac),
      signJwt({ kid: apple.signer.kid, alg: 'RS256', typ: 'JWS' }, claims, apple.signer.privateKey),
    ]
    for (const forgery of forgeries) await expectRefused(forgery)
    // The same text with another algorithm, rightly signed.
    const input = `${encode({ kid: apple.signer.kid, alg: 'RS384' })}.${payload}`
    await expectRefused(`${input}.${sign('sha384', Buffer.from(input), apple.signer.privateKey).toString('base64url')}`)
    expect((await postNotification(app, original)).status).toBe(200)
  })
})
