import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { type AppleAuth, appleAuth, AppleIdTokenError } from '../../src/index.js'
import { createSigningKey, LoopbackApple } from '../support/loopback-apple.js'
import { goodOptions } from '../support/test-app.js'
import { freezeDate, moveDate, thawDate } from './clock.js'

let apple: LoopbackApple
let auth: AppleAuth

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(() => {
  freezeDate()
  auth = appleAuth(goodOptions(apple.url, 'http://localhost:1'))
})
afterEach(() => {
  thawDate()
  apple.reset()
})
afterAll(() => apple.stop())

const token = (header: Record<string, unknown> = {}): string => apple.idToken('com.example.web', { header })
const verified = expect.objectContaining({ sub: '001883.fcc77ba97500402389df96821ad9c790.1517' })
const fetches = (): number => apple.requestsTo('/auth/keys').length
const extra = createSigningKey('extra00004')

/** Has Apple publish these keys, whatever it signs with. */
function publish(keys: readonly unknown[]): void {
  apple.misbehave = ({ path }, res) => {
    if (!path.endsWith('/keys')) return false
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
    return true
  }
}

const [published = {}, second = {}, third = {}] = new LoopbackApple().jwks().keys
const withoutKid = (key: object): object => ({ ...key, kid: undefined })

describe('the key set', () => {
  it('is not fetched before it is needed', () => {
    expect(apple.requests).toEqual([])
  })

  it('is fetched once for tokens at the same time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => expect(auth.verifyIdToken(token())).resolves.toEqual(verified)))
    expect(fetches()).toBe(1)
  })

  it('is kept for hours, and fetched again after that', async () => {
    for (let hour = 0; hour <= 5; hour++) {
      await auth.verifyIdToken(token())
      moveDate({ hours: 1 })
    }
    expect(fetches()).toBe(1)
    moveDate({ hours: 20 })
    await auth.verifyIdToken(token())
    expect(fetches()).toBe(2)
  })

  it('serves each key that Apple signs with', async () => {
    for (const key of [...apple.keys]) {
      apple.keys = [key, ...apple.keys.filter((each) => each !== key)]
      await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
    }
    expect(fetches()).toBe(1)
  })

  it('is fetched again after the clock was set back', async () => {
    await auth.verifyIdToken(token())
    moveDate({ hours: -48 })
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
    apple.keys = [extra]
    moveDate({ minutes: 1 })
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
  })
})

describe('the key set when a kid is unknown', () => {
  it('is fetched once more, which finds the new key', async () => {
    await auth.verifyIdToken(token())
    moveDate({ minutes: 1 })
    apple.keys = [extra, ...apple.keys]
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
    expect(fetches()).toBe(2)
  })

  it('finds a key that Apple rotated in right after the first fetch (row 91)', async () => {
    await auth.verifyIdToken(token())
    moveDate({ seconds: 5 })
    apple.keys = [extra]
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
    expect(fetches()).toBe(2)
  })

  it('is fetched once more for many tokens at the same time', async () => {
    await auth.verifyIdToken(token())
    moveDate({ minutes: 1 })
    apple.keys = [extra]
    await Promise.all(Array.from({ length: 20 }, () => expect(auth.verifyIdToken(token())).resolves.toEqual(verified)))
    expect(fetches()).toBe(2)
  })

  it('is not fetched for each of a hundred made-up kids (row 73)', async () => {
    await auth.verifyIdToken(token())
    moveDate({ minutes: 1 })
    for (let count = 0; count < 100; count++) {
      const forged = token({ kid: randomBytes(5).toString('hex') })
      await expect(auth.verifyIdToken(forged)).rejects.toThrow(AppleIdTokenError)
    }
    expect(fetches()).toBe(2)
    moveDate({ seconds: 31 })
    await expect(auth.verifyIdToken(token({ kid: 'madeup' }))).rejects.toThrow(AppleIdTokenError)
    expect(fetches()).toBe(3)
  })

  it('is not fetched without end by a hundred made-up kids at once', async () => {
    const forged = Array.from({ length: 100 }, () => token({ kid: randomBytes(5).toString('hex') }))
    const results = await Promise.allSettled(forged.map((jwt) => auth.verifyIdToken(jwt)))
    expect(results.every(({ status }) => status === 'rejected')).toBe(true)
    expect(fetches()).toBeLessThanOrEqual(2)
  })

  it('serves known kids all the while', async () => {
    await expect(auth.verifyIdToken(token({ kid: 'madeup' }))).rejects.toThrow(AppleIdTokenError)
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
  })

  it('no longer serves a key that was rotated out (row 89)', async () => {
    const old = token()
    apple.keys = [extra]
    await expect(auth.verifyIdToken(old)).rejects.toThrow(AppleIdTokenError)
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
  })
})

describe('a token without a kid', () => {
  it.each([
    ['the one key', [published]],
    ['the one key without a kid (row 92)', [withoutKid(published)]],
    ['the one key for signing', [published, { ...second, use: 'enc' }]],
  ])('is verified by %s', async (_name, keys) => {
    publish(keys)
    await expect(auth.verifyIdToken(token({ kid: undefined }))).resolves.toEqual(verified)
  })

  it.each([
    ['have kids', [published, second]],
    ['have none (row 93)', [withoutKid(published), withoutKid(second)]],
    ['have none, three of them (row 93)', [published, second, third].map(withoutKid)],
    ['have none, whichever signed (row 93)', [third, second, published].map(withoutKid)],
    ['have one kid among them (row 93)', [withoutKid(published), second, withoutKid(third)]],
  ])('is refused while several keys %s', async (_name, keys) => {
    publish(keys)
    await expect(auth.verifyIdToken(token({ kid: undefined }))).rejects.toThrow(AppleIdTokenError)
  })
})

describe('the key set (row 97)', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  it.each([
    ['whose private part is published', { ...leakedKey(), kid: 'first00001' }],
    ['that is for encryption', { ...published, use: 'enc' }],
    ['that is for another algorithm', { ...published, alg: 'RS512' }],
    ['that is of another type', { ...p256.publicKey.export({ format: 'jwk' }), kid: 'first00001' }],
    ['whose modulus is no text', { ...published, n: 5 }],
    ['whose modulus is missing', { ...published, n: undefined }],
  ])('has no use for a key %s', async (_name, key) => {
    publish([second, key])
    await expect(auth.verifyIdToken(token())).rejects.toThrow(AppleIdTokenError)
  })

  it('has no use for a key of 1024 bits', async () => {
    publish([{ ...small.publicKey.export({ format: 'jwk' }), kid: 'small', use: 'sig', alg: 'RS256' }])
    const jwt = apple.idToken('com.example.web', { header: { kid: 'small' }, key: small.privateKey })
    await expect(auth.verifyIdToken(jwt)).rejects.toThrow(AppleIdTokenError)
  })

  it('has no use for a key whose exponent is 1, under which anybody can sign', async () => {
    publish([{ ...published, kid: 'trivial', e: 'AQ' }, second])
    await expect(auth.verifyIdToken(forgeForExponentOne(token({ kid: 'trivial' })))).rejects.toThrow(AppleIdTokenError)
  })

  it('has no use for what is no key, and uses the others', async () => {
    publish([null, 'key', 5, [], {}, { kty: 'RSA' }, published])
    await expect(auth.verifyIdToken(token())).resolves.toEqual(verified)
  })
})

function leakedKey(): object {
  const [first] = new LoopbackApple().keys
  return { ...first?.privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }
}

/** Puts the padded hash itself (RFC 8017, 9.2) in place of the signature: raised to the power of 1 it stays what it is. */
function forgeForExponentOne(jwt: string): string {
  const signed = jwt.slice(0, jwt.lastIndexOf('.'))
  const algorithm = Buffer.from('3031300d060960864801650304020105000420', 'hex')
  const hash = Buffer.concat([algorithm, createHash('sha256').update(signed).digest()])
  const padding = Buffer.alloc(256 - 3 - hash.length, 0xff)
  return `${signed}.${Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), hash]).toString('base64url')}`
}
