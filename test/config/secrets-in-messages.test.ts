import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { appleAuth, type AppleAuthOptions } from '../../src/index.js'
import { p8 } from '../support/test-app.js'
import { configure, good, type Loose, refusal } from './environment.js'
import { makeSecret } from './make-secret.js'

const mark = 'hunter2'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' })
const body = (pem: string): string => pem.split('\n')[1] ?? 'no body'

/** Wrong in every field, each with something that must not be repeated. */
const wrong: Readonly<Record<string, string>> = {
  service: mark,
  clientId: `TEAM123456.${mark}`,
  teamId: 'TEAM123456',
  keyId: mark,
  privateKey: `-----BEGIN PRIVATE KEY-----\n${mark}\n-----END PRIVATE KEY-----`,
  redirectUri: `https://${mark}:${mark}@school.example/cb`,
  scope: mark,
  responseMode: mark,
  pkce: mark,
  baseUrl: `http://${mark}.example`,
  rosterBaseUrl: `https://${mark}@x.example`,
  postLoginRedirect: mark,
  postLogoutRedirect: `//${mark}`,
  cancelRedirect: mark,
  revokeOnLogout: mark,
  tokenEncryptionKeys: mark,
  store: `mysql://${mark}`,
  httpTimeoutMs: mark,
  clockToleranceSeconds: mark,
}

/** Everything that a log, a crash report or an error page could make of an error. */
function everythingIn(error: Error): string {
  return [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: Infinity, showHidden: true, getters: true }),
  ].join('\n')
}

function toVariables(options: Loose): Record<string, string> {
  const name = (option: string): string => option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
  const entries = Object.entries(options).map(([option, value]) => [`APPLE_${name(option)}`, String(value)])
  return Object.fromEntries(entries) as Record<string, string>
}

describe('AppleConfigError from appleAuth', () => {
  it('repeats no value of an option', () => {
    const error = refusal({
      ...wrong,
      name: `${mark} x`,
      envPrefix: mark,
      issuer: [],
      onLogin: mark,
      onNotification: mark,
    })
    expect(error.problems.length).toBeGreaterThanOrEqual(Object.keys(wrong).length - 1)
    expect(everythingIn(error).includes(mark)).toBe(false)
  })

  it('repeats no value of a variable', () => {
    const { store: storeUrl, ...others } = wrong
    const error = refusal({}, toVariables({ ...others, storeUrl }))
    expect(error.problems.length).toBeGreaterThanOrEqual(Object.keys(wrong).length - 1)
    expect(everythingIn(error).includes(mark)).toBe(false)
  })

  it('repeats no value of an unknown option', () => {
    expect(everythingIn(refusal({ ...good, clientID: mark, sessionSecret: mark })).includes(mark)).toBe(false)
  })

  it.each([
    ['a good key beside another mistake', { ...good, scope: mark }, body(p8)],
    ['a good key given twice', { ...good, clientSecret: makeSecret() }, body(p8)],
    ['an RSA key', { ...good, privateKey: rsa }, body(rsa.toString())],
    ['a truncated key', { ...good, privateKey: p8.slice(0, 120) }, body(p8)],
    ['a key as a path', { ...good, privateKey: undefined, privateKeyFile: p8 }, body(p8)],
    ['a key as key id', { ...good, keyId: p8 }, body(p8)],
    ['a key as client id', { ...good, clientId: `${p8}TEAM123456` }, body(p8)],
  ])('shows nothing of %s', (_what, options, secret) => {
    expect(secret.length).toBeGreaterThan(20)
    expect(everythingIn(refusal(options)).includes(secret)).toBe(false)
  })

  it.each([
    ['expired', { exp: 1_600_000_000 }],
    ['of another client', { sub: 'com.example.other' }],
    ['for somebody else', { aud: 'https://other.example' }],
    ['without an issuer', { iss: undefined }],
    ['of too long a life', { exp: Math.floor(Date.now() / 1000) + 20_000_000 }],
  ])('shows nothing of a client secret that is %s', (_what, claims) => {
    const jwt = makeSecret({ claims })
    const { message, ...error } = refusal({ clientId: good.clientId, redirectUri: good.redirectUri, clientSecret: jwt })
    expect(message).toContain('clientSecret')
    for (const part of jwt.split('.')) expect(`${message}${inspect(error, { depth: Infinity })}`).not.toContain(part)
  })
})

describe('appleAuth', () => {
  it('repeats nothing of what is given instead of options', () => {
    let message = ''
    try {
      appleAuth(mark as AppleAuthOptions)
    } catch (error) {
      message = everythingIn(error as Error)
    }
    expect(message).toContain('ERR_APPLE_ARGUMENT')
    expect(message).not.toContain(mark)
  })

  it('gives back an instance that shows nothing of its configuration', () => {
    const auth = configure({ ...good, tokenEncryptionKeys: Buffer.alloc(32, 'x').toString('base64url') })
    const shown = inspect(auth, { depth: Infinity, showHidden: true }) + JSON.stringify(auth)
    expect(shown).toContain('verifyIdToken')
    expect(shown).not.toContain(body(p8))
    expect(shown).not.toContain(good.clientId)
    expect(shown).not.toContain('eHh4')
  })
})
