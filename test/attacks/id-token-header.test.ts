import { createHash, createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { withClockAhead } from '../support/clock.js'
import { expectRefused, expectUsedUp } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { createSigningKey, LoopbackApple } from '../support/loopback-apple.js'
import { p8, TestApp } from '../support/test-app.js'
import { attackerCertificate } from './attacker-certificate.js'
import { commonWords } from './common-words.js'

let apple: LoopbackApple
let app: TestApp
const clientId = 'com.example.web'
const attacker = createSigningKey('attacker01')

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url)
})
// A new app each time has no keys yet, so that fetches of the key set can be counted.
async function freshApp(): Promise<void> {
  await app.stop()
  app = await TestApp.start(apple.url)
}
afterEach(() => {
  apple.reset()
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

type Change = (good: string) => unknown

/** Begins a login and has the token endpoint answer with a changed id_token. */
async function expectChangedTokenRefused(change: Change): Promise<void> {
  await freshApp()
  const visitor = app.visitor()
  const authorizeUrl = await beginLogin(visitor)
  apple.tokenAnswer = { id_token: change(apple.idToken(clientId, {}, authorizeUrl.searchParams.get('nonce'))) }
  const answer = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
  await expectRefused(answer, visitor)
  apple.tokenAnswer = {}
  await expectUsedUp(apple, visitor, authorizeUrl)
}

function parts(token: string): { header: Record<string, unknown>; payload: string; signature: string; input: string } {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return {
    header: JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>,
    payload,
    signature,
    input: `${header}.${payload}`,
  }
}

const encode = (header: unknown): string => Buffer.from(JSON.stringify(header)).toString('base64url')

/** The same payload under another header, its signature made by `signer`. */
function reheader(token: string, header: unknown, signer: (input: string) => string): string {
  const input = `${encode(header)}.${parts(token).payload}`
  return `${input}.${signer(input)}`
}

const hs256 = (key: string | Buffer) => (input: string) => createHmac('sha256', key).update(input).digest('base64url')
const rsa = (hash: string, padding?: number) => (input: string) =>
  sign(hash, Buffer.from(input), {
    key: apple.signer.privateKey,
    ...(padding === undefined ? {} : { padding }),
  }).toString('base64url')

describe('id_token algorithms (catalogue section 3)', () => {
  it.each(['none', 'nOnE', 'NONE'])('row 65: refuses alg %s, with and without the signature', async (alg) => {
    await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg }, () => ''))
    await expectChangedTokenRefused((good) =>
      reheader(good, { ...parts(good).header, alg }, () => parts(good).signature),
    )
  })

  it.each([[undefined], [null], [''], [['RS256']]])('row 66: refuses alg %j', async (alg) => {
    await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg }, rsa('sha256')))
  })

  it('row 67: refuses HS256 keyed with the public key in any form', async () => {
    const publicKey = createPublicKey(apple.signer.privateKey)
    const keys = [
      publicKey.export({ format: 'pem', type: 'spki' }),
      publicKey.export({ format: 'der', type: 'spki' }),
      publicKey.export({ format: 'pem', type: 'pkcs1' }),
      Buffer.from(String(publicKey.export({ format: 'jwk' }).n), 'base64url'),
    ]
    for (const key of keys) {
      await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg: 'HS256' }, hs256(key)))
    }
  })

  it.each([clientId, 'secret', 'password', ''])('row 68: refuses HS256 keyed with %j', async (key) => {
    await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg: 'HS256' }, hs256(key)))
  })

  it('row 68: refuses HS256 keyed with the client secret that Apple is sent, or with what it is made of', async () => {
    await signIn(apple, app.visitor())
    const shown = apple.requestsTo('/token')[0]?.form.get('client_secret') ?? ''
    expect(shown).toMatch(/^eyJ/)
    for (const key of [shown, ...shown.split('.'), p8, p8.trim(), 'TEAM123456', 'KEY1234567', 'test']) {
      await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg: 'HS256' }, hs256(key)))
    }
  })

  it('row 68: refuses HS256 keyed with any of many common words', async () => {
    for (const word of commonWords) {
      const forged = reheader(apple.idToken(clientId), { alg: 'HS256', kid: apple.signer.kid }, hs256(word))
      await expect(app.apple.verifyIdToken(forged)).rejects.toMatchObject({ code: 'ERR_APPLE_ID_TOKEN' })
    }
  })

  it('row 69: refuses RS384, RS512 and PS256, validly signed with the published key', async () => {
    await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg: 'RS384' }, rsa('sha384')))
    await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg: 'RS512' }, rsa('sha512')))
    await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg: 'PS256' }, rsa('sha256', 6)))
  })

  it('row 71: refuses ES256 with an attacker key, and with an all-zero signature', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const es256 = (input: string): string =>
      sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg: 'ES256' }, es256))
    const zeros = (): string => Buffer.alloc(64).toString('base64url')
    await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, alg: 'ES256' }, zeros))
  })
})

describe('id_token keys (catalogue section 3)', () => {
  it('row 72: fetches the keys once more for an unknown kid, then refuses', async () => {
    await freshApp()
    await signIn(apple, app.visitor())
    const visitor = app.visitor()
    await expectRefused(await signIn(apple, visitor, { idToken: { header: { kid: 'unknown000' } } }), visitor)
    expect(apple.requestsTo('/keys')).toHaveLength(2)
  })

  it('row 73: fetches the keys once more for a hundred logins with unknown kids, no oftener', async () => {
    await freshApp()
    for (let count = 0; count < 100; count += 1) {
      const visitor = app.visitor()
      const answer = await signIn(apple, visitor, { idToken: { header: { kid: `random${String(count)}` } } })
      await expectRefused(answer, visitor, 'ERR_APPLE_ID_TOKEN')
    }
    expect(apple.requestsTo('/keys')).toHaveLength(2)
    expect((await signIn(apple, app.visitor())).status).toBe(303)
    expect(apple.requestsTo('/keys')).toHaveLength(2)
  }, 60_000)

  it.each([['../../keys'], ["' OR 1=1 --"], ['__proto__'], ['constructor'], [7], [{}], ['x'.repeat(100_000)], ['']])(
    'row 75: refuses a strange kid',
    async (kid) => {
      await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, kid }, rsa('sha256')))
      expect(apple.requests.every(({ path }) => path === '/auth/keys' || path === '/auth/token')).toBe(true)
    },
  )

  it('row 76: looks at no key that the token brings along', async () => {
    const jwk = attacker.publicKey.export({ format: 'jwk' })
    const byAttacker = (input: string): string =>
      sign('sha256', Buffer.from(input), attacker.privateKey).toString('base64url')
    const raw = attackerCertificate(attacker)
    const x5c = [raw.toString('base64')]
    const thumbprints = {
      x5t: createHash('sha1').update(raw).digest('base64url'),
      'x5t#S256': createHash('sha256').update(raw).digest('base64url'),
    }
    for (const extra of [
      { jwk },
      { jwk: { ...jwk, kid: apple.signer.kid } },
      { jwk: { ...jwk, x5c }, kid: attacker.kid },
      { x5c },
      { x5c, kid: undefined },
      { x5c, jwk, ...thumbprints },
    ]) {
      await expectChangedTokenRefused((good) => reheader(good, { ...parts(good).header, ...extra }, byAttacker))
    }
  })

  it('rows 77 and 78: follows no jku or x5u, whoever signed', async () => {
    const evil = await LoopbackApple.start()
    evil.keys = [attacker]
    const header = { jku: `${evil.url}/auth/keys`, x5u: `${evil.url}/cert` }
    await freshApp()
    const visitor = app.visitor()
    await expectRefused(await signIn(apple, visitor, { idToken: { header, key: attacker.privateKey } }), visitor)
    expect((await signIn(apple, visitor, { idToken: { header } })).status).toBe(303)
    expect(evil.requests).toEqual([])
    await evil.stop()
  })

  it('row 80: refuses tokens of another type, takes typ JWT', async () => {
    await freshApp()
    for (const header of [
      { typ: 'at+jwt' },
      { typ: 'logout+jwt' },
      { cty: 'JWT' },
      { typ: 7 },
      { crit: ['exp'], exp: 1 },
    ]) {
      const visitor = app.visitor()
      await expectRefused(await signIn(apple, visitor, { idToken: { header } }), visitor, 'ERR_APPLE_ID_TOKEN')
    }
    expect((await signIn(apple, app.visitor(), { idToken: { header: { typ: 'JWT' } } })).status).toBe(303)
  })

  it('row 91: finds a key that Apple has only just begun to sign with', async () => {
    await freshApp()
    await signIn(apple, app.visitor())
    apple.keys = [createSigningKey('fresh00002'), ...apple.keys]
    expect((await signIn(apple, app.visitor())).status).toBe(303)
    expect(apple.requestsTo('/keys')).toHaveLength(2)
  })

  it('row 89: refuses a key that was rotated out, once the keys have been fetched again', async () => {
    await freshApp()
    const old = apple.signer
    await signIn(apple, app.visitor())
    apple.keys = [createSigningKey('fresh00001')]
    await withClockAhead(7 * 3600, async () => {
      const visitor = app.visitor()
      const idToken = { header: { kid: old.kid }, key: old.privateKey }
      await expectRefused(await signIn(apple, visitor, { idToken }), visitor, 'ERR_APPLE_ID_TOKEN')
      expect((await signIn(apple, visitor)).status).toBe(303)
    })
  })

  it('row 90: refuses an attacker’s signature under the right kid', async () => {
    await freshApp()
    const visitor = app.visitor()
    await expectRefused(
      await signIn(apple, visitor, { idToken: { key: attacker.privateKey } }),
      visitor,
      'ERR_APPLE_ID_TOKEN',
    )
  })
})

describe('id_token form (catalogue section 3)', () => {
  const withSignature = (change: (signature: Buffer) => Buffer) => (good: string) =>
    `${parts(good).input}.${change(Buffer.from(parts(good).signature, 'base64url')).toString('base64url')}`

  it.each<[string, Change]>([
    ['every byte changed', withSignature((bytes) => bytes.map((byte) => byte ^ 0x5a) as Buffer)],
    ['empty', withSignature(() => Buffer.alloc(0))],
    ['cut short', withSignature((bytes) => bytes.subarray(0, 100))],
    ['all zeros', withSignature((bytes) => Buffer.alloc(bytes.length))],
    ['behind a zero', withSignature((bytes) => Buffer.concat([Buffer.alloc(1), bytes]))],
    ['absent', (good) => parts(good).input],
    ['followed by a fourth part', (good) => `${good}.AAAA`],
  ])('row 82: refuses a signature that is %s', async (_name, change) => {
    await expectChangedTokenRefused(change)
  })

  it('row 83: refuses another payload or header under an old signature', async () => {
    await expectChangedTokenRefused((good) => {
      const { input, payload, signature } = parts(good)
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
      return `${input.slice(0, -payload.length)}${encode({ ...claims, sub: 'attacker' })}.${signature}`
    })
    await expectChangedTokenRefused((good) => {
      const { header, payload, signature } = parts(good)
      return `${encode({ ...header, extra: 1 })}.${payload}.${signature}`
    })
  })

  it('row 86: refuses a token that ends in something else, or has white space before a dot', async () => {
    await expectChangedTokenRefused((good) => `${good}\n.`)
    await expectChangedTokenRefused((good) => good.replace('.', ' .'))
  })

  it.each<[string, (good: string) => string]>([
    ['padded', (good) => good.split('.').map(padded).join('.')],
    ['with a padded signature', (good) => `${good}==`],
    ['in the alphabet of base64', (good) => good.replaceAll('-', '+').replaceAll('_', '/')],
    ['with line breaks in it', (good) => good.replace(/.{76}/g, '$&\r\n')],
    ['with a space behind it', (good) => `${good} `],
    ['as it was', (good) => good],
  ])('row 86: a token spelled %s makes one login at most, and never a second one', async (_name, spell) => {
    const visitor = app.visitor()
    const first = await beginLogin(visitor)
    const good = apple.idToken(clientId, { claims: { sub: 'one' } }, first.searchParams.get('nonce'))
    apple.tokenAnswer = { id_token: spell(good) }
    const answer = await postCallback(visitor, { code: apple.issueCode(first), state: stateOf(first) })
    expect([303, 401]).toContain(answer.status)
    for (const again of [visitor, app.visitor()]) {
      for (const spelled of [good, spell(good)]) {
        const next = await beginLogin(again)
        apple.tokenAnswer = { id_token: spelled }
        const second = await postCallback(again, { code: apple.issueCode(next), state: stateOf(next) })
        expect([second.status, second.body.code]).toEqual([401, 'ERR_APPLE_ID_TOKEN'])
      }
    }
    expect((await visitor.get('/')).body).toEqual(
      answer.status === 303 ? { signedIn: true, sub: 'one' } : { signedIn: false },
    )
  })

  it.each([[null], [['x']], [{}], [7], [''], ['x'], ['a.b.c'], ['x'.repeat(40_000)]])(
    'row 88: refuses the id_token %j',
    async (value) => {
      await expectChangedTokenRefused(() => value)
    },
  )
})

function padded(part: string): string {
  return part.padEnd(Math.ceil(part.length / 4) * 4, '=')
}
