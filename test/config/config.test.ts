import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { type AppleAuthConfig, parseConfig } from '../../src/config/config.js'
import type { AppleStore } from '../../src/index.js'
import { good, type Loose } from './environment.js'

const url = 'https://school.example'
const keys = [randomBytes(32), randomBytes(32)]
const keyTexts = keys.map((key) => key.toString('base64url'))
const store: AppleStore = { get: () => undefined, set: () => undefined, delete: () => undefined }

function parse(options: Loose = {}, environment: Record<string, string> = {}): AppleAuthConfig {
  return parseConfig({ ...good, ...options }, environment, (warning) => {
    throw new Error(warning)
  })
}

/** An option, its variable's name, and what is made of the variable's text and of the option's value. */
type Row = readonly [
  option: string,
  variable: string,
  text: string,
  fromText: unknown,
  value: unknown,
  fromValue: unknown,
]

const rows: readonly Row[] = [
  ['service', 'SERVICE', ' sign-in-with-apple', 'sign-in-with-apple', 'account-data-sharing', 'account-data-sharing'],
  ['clientId', 'CLIENT_ID', ' com.variable\n', 'com.variable', 'com.option', 'com.option'],
  ['redirectUri', 'REDIRECT_URI', `${url}/variable`, `${url}/variable`, `${url}/option`, `${url}/option`],
  ['scope', 'SCOPE', ' edu.users.read', ['edu.users.read'], 'edu.classes.read', ['edu.classes.read']],
  ['scope', 'SCOPE', 'edu.users.read', ['edu.users.read'], [], []],
  ['responseMode', 'RESPONSE_MODE', 'form_post ', 'form_post', 'query', 'query'],
  ['baseUrl', 'BASE_URL', `${url}/`, url, `${url}/apple//`, `${url}/apple`],
  ['rosterBaseUrl', 'ROSTER_BASE_URL', `${url}/`, url, 'http://127.0.0.1:5', 'http://127.0.0.1:5'],
  ['issuers', 'ISSUER', 'https://a.example, b', ['https://a.example', 'b'], ['c'], ['c']],
  [
    'audiences',
    'AUDIENCES',
    'a,b a',
    ['com.example.web', 'a', 'b'],
    ['com.example.web', 'c'],
    ['com.example.web', 'c'],
  ],
  ['postLoginRedirect', 'POST_LOGIN_REDIRECT', '/variable', '/variable', '/a/../option?b#c', '/option?b#c'],
  ['postLogoutRedirect', 'POST_LOGOUT_REDIRECT', '/variable', '/variable', '/option', '/option'],
  ['cancelRedirect', 'CANCEL_REDIRECT', '/variable', '/variable', '/option', '/option'],
  ['tokenEncryptionKeys', 'TOKEN_ENCRYPTION_KEYS', keyTexts.join(', '), keys, [keyTexts[1]], [keys[1]]],
  ['httpTimeoutMs', 'HTTP_TIMEOUT_MS', ' 1', 1, 60_000, 60_000],
  ['clockToleranceSeconds', 'CLOCK_TOLERANCE_SECONDS', '600', 600, 0, 0],
]

const defaults = {
  service: 'account-data-sharing',
  scope: ['edu.users.read', 'edu.classes.read'],
  responseMode: undefined,
  pkce: false,
  baseUrl: 'https://appleid.apple.com',
  rosterBaseUrl: 'https://api-school.apple.com',
  issuers: ['https://appleid.apple.com', 'https://appleid.apple.com/auth/oauth2/v2'],
  audiences: ['com.example.web'],
  postLoginRedirect: '/',
  postLogoutRedirect: '/',
  cancelRedirect: '/',
  revokeOnLogout: true,
  tokenEncryptionKeys: [],
  store: undefined,
  storeUrl: undefined,
  httpTimeoutMs: 5000,
  clockToleranceSeconds: 30,
  name: 'apple',
  onLogin: undefined,
  onNotification: undefined,
}

describe('parseConfig', () => {
  it('has the documented defaults for Data Sharing', () => {
    expect(parse()).toMatchObject(defaults)
  })

  it('has the documented defaults for Sign in with Apple', () => {
    expect(parse({ service: 'sign-in-with-apple' })).toMatchObject({
      ...defaults,
      service: 'sign-in-with-apple',
      scope: ['name', 'email'],
      responseMode: 'form_post',
      pkce: true,
      issuers: ['https://appleid.apple.com'],
    })
  })

  it('derives issuers from baseUrl', () => {
    expect(parse({ baseUrl: `${url}/` }).issuers).toEqual([url, `${url}/auth/oauth2/v2`])
    expect(parse({ baseUrl: url, service: 'sign-in-with-apple' }).issuers).toEqual([url])
  })

  describe.each(rows)('%s', (name, suffix, text, fromText, value, fromValue) => {
    const option = name === 'issuers' ? 'issuer' : name
    const variable = `APPLE_${suffix}`
    const valueOf = (config: AppleAuthConfig): unknown => config[name as keyof AppleAuthConfig]

    it('comes from its variable', () => {
      expect(valueOf(parse({ [option]: undefined }, { [variable]: text }))).toEqual(fromText)
    })

    it('comes from its option', () => {
      expect(valueOf(parse({ [option]: value }))).toEqual(fromValue)
    })

    it('comes from its option where both are there', () => {
      expect(valueOf(parse({ [option]: value }, { [variable]: text }))).toEqual(fromValue)
    })

    if (option in good) return
    it('has its default while the variable is empty', () => {
      expect(valueOf(parse({}, { [variable]: '' }))).toEqual(defaults[name as keyof typeof defaults])
    })
  })

  it('takes teamId and keyId from variables, without spaces around them', () => {
    const environment = { APPLE_TEAM_ID: ' TEAM000000', APPLE_KEY_ID: 'KEY0000000\n' }
    const { credentials } = parse({ teamId: undefined, keyId: undefined }, environment)
    expect(credentials).toMatchObject({ kind: 'key', teamId: 'TEAM000000', keyId: 'KEY0000000' })
  })

  it.each(['true', '1', ' TRUE '])('reads %j as true', (word) => {
    expect(parse({}, { APPLE_PKCE: word }).pkce).toBe(true)
  })

  it.each(['false', '0', 'False\n'])('reads %j as false', (word) => {
    expect(parse({}, { APPLE_REVOKE_ON_LOGOUT: word }).revokeOnLogout).toBe(false)
    expect(parse({ service: 'sign-in-with-apple' }, { APPLE_PKCE: word }).pkce).toBe(false)
  })

  it('lets a false option win over a true variable, and the other way round', () => {
    expect(parse({ pkce: false }, { APPLE_PKCE: 'true' }).pkce).toBe(false)
    expect(parse({ pkce: true }, { APPLE_PKCE: 'false' }).pkce).toBe(true)
    expect(parse({ revokeOnLogout: false }, { APPLE_REVOKE_ON_LOGOUT: 'true' }).revokeOnLogout).toBe(false)
    expect(parse({ revokeOnLogout: true }, { APPLE_REVOKE_ON_LOGOUT: '0' }).revokeOnLogout).toBe(true)
  })

  it('takes anything with get, set and delete as a store, and it wins over a URL', () => {
    const config = parse({ store }, { APPLE_STORE_URL: 'redis://localhost' })
    expect(config.store).toBe(store)
    expect(config.storeUrl).toBeUndefined()
  })

  it.each(['redis://localhost', 'rediss://r.example:1', 'postgres://p/d', 'postgresql://p/d'])(
    'takes %s as the URL of a store',
    (storeUrl) => {
      expect(parse({}, { APPLE_STORE_URL: storeUrl })).toMatchObject({ store: undefined, storeUrl })
    },
  )

  it('takes the callbacks as they are', () => {
    const onLogin = (): void => undefined
    const onNotification = (): void => undefined
    const config = parse({ onLogin, onNotification })
    expect(config.onLogin).toBe(onLogin)
    expect(config.onNotification).toBe(onNotification)
  })

  it('gives back a frozen configuration', () => {
    expect(Object.isFrozen(parse())).toBe(true)
  })

  it.each(['scope', 'issuers', 'audiences', 'tokenEncryptionKeys'] as const)(
    'shares no list of %s with the options',
    (name) => {
      const option = name === 'issuers' ? 'issuer' : name
      const list = name === 'scope' ? ['edu.users.read'] : name === 'tokenEncryptionKeys' ? [keyTexts[0]] : ['a']
      const config = parse({ [option]: list })
      const before = config[name].length
      list.push('more')
      expect(config[name]).toHaveLength(before)
    },
  )
})
