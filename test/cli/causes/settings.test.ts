import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { makeSecret } from '../../config/make-secret.js'
import { p8 } from '../../support/test-app.js'
import type { CheckId } from '../../../src/cli/doctor/check.js'
import { goodEnvironment, withSecret } from '../good-environment.js'
import { diagnose, problemsOf } from '../run-command.js'

/** What is wrong, the variables that differ from good ones, the check that says so, and what it says. */
type Trap = readonly [string, Record<string, string | undefined>, CheckId, RegExp]

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causes-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const pem = (type: 'p256' | 'secp256k1' | 'rsa' | 'public'): string => {
  if (type === 'rsa') {
    return generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ format: 'pem', type: 'pkcs1' })
      .toString()
  }
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: type === 'secp256k1' ? type : 'P-256' })
  return type === 'public'
    ? publicKey.export({ format: 'pem', type: 'spki' }).toString()
    : privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

function derSecret(): string {
  const [header, payload, signature = ''] = makeSecret().split('.')
  const raw = Buffer.from(signature, 'base64url')
  // Both halves with a zero before them, as DER writes numbers whose first bit is set.
  const half = (from: number): Buffer => Buffer.concat([Buffer.from([2, 33, 0]), raw.subarray(from, from + 32)])
  const der = Buffer.concat([Buffer.from([0x30, 70]), half(0), half(32)])
  return `${String(header)}.${String(payload)}.${der.toString('base64url')}`
}

const withoutKey = { APPLE_PRIVATE_KEY: undefined }
const key = (text: string): Record<string, string> => ({ APPLE_PRIVATE_KEY: text })
const redirect = (uri: string): Record<string, string> => ({ APPLE_REDIRECT_URI: uri })

const traps: readonly Trap[] = [
  [
    'a client id that contains the Team ID',
    { APPLE_CLIENT_ID: 'TEAM123456.com.example.web' },
    'client-id',
    /contains the Team ID/,
  ],
  [
    'a client id of the organization API',
    { APPLE_CLIENT_ID: 'SCHOOLAPI.27f3a3b2-b28b' },
    'client-id',
    /begins with SCHOOLAPI\..*another product, with other keys/,
  ],
  [
    'a client id of the business API',
    { APPLE_CLIENT_ID: 'BUSINESSAPI.27f3a3b2-b28b' },
    'client-id',
    /begins with BUSINESSAPI\./,
  ],
  [
    'a client id in quotes',
    { APPLE_CLIENT_ID: '"com.example.web"' },
    'client-id',
    /characters that no identifier.*keep quotes/,
  ],
  ['a key id of another length', { APPLE_KEY_ID: 'KEY123' }, 'key-id', /must be the ten characters A-Z and 0-9/],
  ['the Team ID as key id too', { APPLE_KEY_ID: 'TEAM123456' }, 'key-id', /are the same/],
  ['a key on another curve', key(pem('secp256k1')), 'private-key', /no EC key on the curve P-256/],
  ['an RSA key', key(pem('rsa')), 'private-key', /does not come from Apple's Keys page/],
  ['the public half of a key', key(pem('public')), 'private-key', /the public half of a key, which signs nothing/],
  [
    'a certificate',
    key('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'),
    'private-key',
    /holds a certificate/,
  ],
  [
    'only the first line of a key',
    key('-----BEGIN PRIVATE KEY-----'),
    'private-key',
    /only the beginning of a key.*\\n for each line's end/,
  ],
  [
    'a key that lacks lines',
    key(p8.split('\n').toSpliced(1, 1).join('\n')),
    'private-key',
    /paste the whole \.p8 file/,
  ],
  [
    'a path in the place of the key',
    key('/keys/AuthKey_KEY1234567.p8'),
    'private-key',
    /path of a file.*APPLE_PRIVATE_KEY_FILE/,
  ],
  ['a client secret in the place of the key', key(makeSecret()), 'private-key', /holds a JWT.*APPLE_CLIENT_SECRET/],
  ['no key at all', withoutKey, 'private-key', /APPLE_PRIVATE_KEY is missing/],
  [
    'a key file that is not there',
    { ...withoutKey, APPLE_PRIVATE_KEY_FILE: '/nowhere/AuthKey_KEY1234567.p8' },
    'private-key',
    /cannot be read \(ENOENT\)/,
  ],
  [
    'a redirect URI on plain http',
    redirect('http://school.example/auth/apple/callback'),
    'redirect-uri',
    /must be an https URL/,
  ],
  ['a redirect URI at localhost', redirect('https://localhost/auth/apple/callback'), 'redirect-uri', /no localhost/],
  [
    'a redirect URI with an IP address',
    redirect('https://192.0.2.1/auth/apple/callback'),
    'redirect-uri',
    /no IP address/,
  ],
  ['a redirect URI with a fragment', redirect('https://school.example/callback#top'), 'redirect-uri', /no fragment/],
  [
    'a redirect URI elsewhere than at the router',
    redirect('https://school.example/signed-in'),
    'redirect-uri',
    /does not end in \/callback/,
  ],
  [
    'a response mode that Apple refuses',
    { APPLE_RESPONSE_MODE: 'query' },
    'settings',
    /must be form_post while a scope/,
  ],
  [
    'scopes of the other service',
    { APPLE_SERVICE: '', APPLE_SCOPE: 'name email' },
    'settings',
    /may hold only what this service knows/,
  ],
  [
    'a short session secret in production',
    { NODE_ENV: 'production', SESSION_SECRET: 'keyboard cat' },
    'session-secret',
    /12 characters/,
  ],
]

const secretTraps: readonly (readonly [string, () => string, RegExp])[] = [
  ['that has expired', () => makeSecret({ endsIn: -60 }), /has expired: make a new one/],
  ['that lives longer than six months', () => makeSecret({ endsIn: 200 * 86_400 }), /more than six months/],
  ['for another client', () => makeSecret({ claims: { sub: 'com.example.ios' } }), /made for another client/],
  ['of another team', () => makeSecret({ claims: { iss: 'TEAM999999' } }), /must have the Team ID as iss/],
  [
    'for another audience',
    () => makeSecret({ claims: { aud: 'https://account.apple.com' } }),
    /must have https:\/\/appleid\.apple\.com as aud/,
  ],
  ['signed in DER form', derSecret, /in DER form, as OpenSSL writes it.*dsaEncoding/],
  ['cut short', () => makeSecret().slice(0, -20), /bytes long; ES256 takes 64 bytes/],
  ['signed by another algorithm', () => makeSecret({ header: { alg: 'HS256' } }), /must be signed with ES256/],
  ['that is no JWT', () => 'secret', /is not a JWT/],
]

describe('doctor, without asking anybody', () => {
  it('finds nothing wrong with good variables', async () => {
    const diagnosis = await diagnose(goodEnvironment)

    expect(diagnosis).toMatchObject({ code: 0, err: '' })
    expect(problemsOf(diagnosis)).toEqual([])
  })

  it.each(traps)('explains %s', async (_what, changes, id, sentence) => {
    const diagnosis = await diagnose({ ...goodEnvironment, ...changes })

    expect(diagnosis.said(id)).toMatch(sentence)
    expect(problemsOf(diagnosis)).toEqual([id])
    expect(diagnosis.code).toBe(1)
  })

  it.each(secretTraps)('explains a ready-made client secret %s', async (_what, make, sentence) => {
    const diagnosis = await diagnose(withSecret(make()))

    expect(diagnosis.said('client-secret')).toMatch(sentence)
    expect(problemsOf(diagnosis)).toEqual(['client-secret'])
    expect(diagnosis.code).toBe(1)
  })

  it.each([
    ['literal \\n', p8.replaceAll('\n', '\\n')],
    ['quotes', `"${p8.trim()}"`],
    ['CRLF', p8.replaceAll('\n', '\r\n')],
    ['one line of base64', Buffer.from(p8).toString('base64')],
  ])('takes a key with %s, as the app does', async (_what, text) => {
    const diagnosis = await diagnose({ ...goodEnvironment, APPLE_PRIVATE_KEY: text })

    expect(diagnosis.one('private-key')).toMatchObject({ status: 'ok' })
    expect(diagnosis.code).toBe(0)
  })

  it('says once what stands in the place of a key', async () => {
    const diagnosis = await diagnose({ ...goodEnvironment, APPLE_PRIVATE_KEY: pem('public') })

    expect(diagnosis.one('private-key').message).toContain('the public half')
  })

  it('explains a key beside a ready-made client secret', async () => {
    const diagnosis = await diagnose({ ...goodEnvironment, APPLE_CLIENT_SECRET: makeSecret() })

    expect(diagnosis.one('private-key').message).toMatch(/give one of them, not several/)
    expect(diagnosis.one('client-secret')).toMatchObject({ status: 'skipped' })
    expect(diagnosis.code).toBe(1)
  })

  it('lists every problem at once', async () => {
    const diagnosis = await diagnose({ APPLE_REDIRECT_URI: 'http://localhost/x' })

    expect(problemsOf(diagnosis)).toEqual(['client-id', 'team-id', 'key-id', 'private-key', 'redirect-uri'])
  })

  it('looks for no proxy while there is no redirect URI', async () => {
    const { one } = await diagnose({ ...goodEnvironment, APPLE_REDIRECT_URI: undefined })

    expect(one('proxy')).toMatchObject({ status: 'skipped', message: 'There is no redirect URI yet.' })
  })

  describe('with a key file', () => {
    const inFile = (name: string, content = p8, mode = 0o600): Record<string, string | undefined> => {
      const file = join(folder, name)
      writeFileSync(file, content, { mode })
      return { ...goodEnvironment, APPLE_PRIVATE_KEY: undefined, APPLE_PRIVATE_KEY_FILE: file }
    }

    it('takes one that is named after the key id', async () => {
      const diagnosis = await diagnose(inFile('AuthKey_KEY1234567.p8'))

      expect(diagnosis.one('key-id')).toMatchObject({ status: 'ok', message: 'KEY1234567' })
      expect(diagnosis.one('private-key').message).toContain('read from APPLE_PRIVATE_KEY_FILE')
    })

    it('takes one with a name of its own', async () => {
      expect((await diagnose(inFile('apple.p8'))).code).toBe(0)
    })

    it('explains a name that belongs to another key id', async () => {
      const diagnosis = await diagnose(inFile('AuthKey_OTHER00001.p8'))

      expect(diagnosis.said('key-id')).toMatch(
        /is KEY1234567, but the key file is named AuthKey_OTHER00001\.p8.*Set APPLE_KEY_ID=OTHER00001/,
      )
      expect(diagnosis.code).toBe(1)
    })

    it('explains ids that are swapped, where the name tells', async () => {
      const diagnosis = await diagnose(inFile('AuthKey_TEAM123456.p8'))

      expect(diagnosis.said('key-id')).toMatch(/APPLE_KEY_ID and APPLE_TEAM_ID are swapped/)
      expect(diagnosis.code).toBe(1)
    })

    it('warns of one that others may read', async () => {
      const diagnosis = await diagnose(inFile('shared.p8', p8, 0o644))

      expect(diagnosis.said('private-key')).toMatch(/^warning: .*chmod 600/)
      expect(diagnosis.code).toBe(0)
    })

    it('explains a file that holds the public half', async () => {
      const diagnosis = await diagnose(inFile('public.p8', pem('public')))

      expect(diagnosis.said('private-key')).toMatch(/APPLE_PRIVATE_KEY_FILE holds the public half/)
      expect(diagnosis.code).toBe(1)
    })
  })
})

describe('doctor, warning of what may be wrong', () => {
  const warnings: readonly Trap[] = [
    [
      'a redirect URI that ends in a slash',
      redirect('https://school.example/auth/apple/callback/'),
      'redirect-uri',
      /letter for letter/,
    ],
    ['a client id that looks like a Team ID', { APPLE_CLIENT_ID: 'ABCDE12345' }, 'client-id', /looks like a Team ID/],
    [
      'a misspelt variable',
      { APPLE_SCOPES: 'name' },
      'settings',
      /APPLE_SCOPES is set and means nothing here: is APPLE_SCOPE meant/,
    ],
    ['no session secret', { SESSION_SECRET: ' ' }, 'session-secret', /SESSION_SECRET is not set/],
    ['a short session secret', { SESSION_SECRET: 'keyboard cat' }, 'session-secret', /12 characters/],
    [
      'no store in production',
      { NODE_ENV: 'production' },
      'store',
      /APPLE_STORE_URL is not set.*ended logins and revocations/,
    ],
    ['no sealing in production', { NODE_ENV: 'production' }, 'token-encryption', /can read Apple's tokens/],
  ]

  it.each(warnings)('names %s', async (_what, changes, id, sentence) => {
    const diagnosis = await diagnose({ ...goodEnvironment, ...changes })

    expect(diagnosis.said(id)).toMatch(/^warning:/)
    expect(diagnosis.said(id)).toMatch(sentence)
    expect(diagnosis.code).toBe(0)
  })

  it('names a client secret that ends within a month', async () => {
    const diagnosis = await diagnose(withSecret(makeSecret({ endsIn: 10 * 86_400 })))

    expect(diagnosis.said('client-secret')).toMatch(/^warning: The client secret ends on/)
    expect(diagnosis.code).toBe(0)
  })

  it('names a client secret of another key than the key id’s', async () => {
    const diagnosis = await diagnose(withSecret(makeSecret({ header: { kid: 'OTHER00001' } })))

    expect(diagnosis.said('client-secret')).toMatch(/^warning: .*another key than APPLE_KEY_ID/)
  })

  it('is content in production with a store and sealing', async () => {
    const { checks } = await diagnose({
      ...goodEnvironment,
      NODE_ENV: 'production',
      TRUST_PROXY: '1',
      APPLE_STORE_URL: 'redis://:password-of-the-store@localhost',
      APPLE_TOKEN_ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64url'),
    })

    expect(checks.filter(({ status }) => status === 'warning')).toEqual([])
    expect(checks).toContainEqual(expect.objectContaining({ id: 'proxy', status: 'ok' }))
  })
})
