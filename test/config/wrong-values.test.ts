import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { good, problemsOf } from './environment.js'

const key = (bytes: number): string => randomBytes(bytes).toString('base64url')

/** An option, its variable's name, what it must be in words, and what it must not be. */
type Row = readonly [option: string, suffix: string, advice: RegExp, wrong: readonly unknown[]]

const paths = ['https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example', '/.//evil.example']
const servers = [
  'http://appleid.apple.com',
  'appleid.apple.com',
  'ftp://localhost',
  'https://a.example?b',
  'https://a.example#',
  'https://u:p@a.example',
  'https://a b.example',
  'http://127.0.0.1.example',
]

const rows: readonly Row[] = [
  ['service', 'SERVICE', /account-data-sharing or sign-in-with-apple/, ['apple', 'Sign-In-With-Apple', 5, null]],
  ['clientId', 'CLIENT_ID', /not empty/, ['', ' ', 5, null, ['com.example.web']]],
  ['teamId', 'TEAM_ID', /ten characters A-Z and 0-9/, ['', 'team123456', 'TEAM12345', 'TEAM1234567', 'TEAM-12345', 5]],
  ['keyId', 'KEY_ID', /ten characters A-Z and 0-9/, ['', 'key1234567', 'KEY123456', 'AuthKey_KEY1234567.p8', null]],
  ['privateKeyFile', 'PRIVATE_KEY_FILE', /path of the \.p8/, [5, null, {}]],
  ['redirectUri', 'REDIRECT_URI', /must/, ['', '/auth/apple/callback', 'http://school.example/cb', 5, null]],
  [
    'scope',
    'SCOPE',
    /edu\.users\.read.*edu\.classes\.read.*edu\.rosterapi\.test\.read/,
    ['name', 'edu.users.write', ['edu.users.read', 'email'], 'EDU.USERS.READ'],
  ],
  ['scope', 'SCOPE', /list of texts/, [5, null, {}, [5], ['edu.users.read edu.classes.read'], ['']]],
  ['responseMode', 'RESPONSE_MODE', /query or form_post/, ['', 'fragment', 'web_message', 'FORM_POST', 1, null]],
  ['pkce', 'PKCE', /true or false/, ['', 'yes', 'S256', '2', 1, null]],
  ['revokeOnLogout', 'REVOKE_ON_LOGOUT', /true or false/, ['', 'no', 'off', 0, null]],
  ['baseUrl', 'BASE_URL', /must/, ['', 5, null, ...servers]],
  ['rosterBaseUrl', 'ROSTER_BASE_URL', /must/, ['', 5, null, ...servers]],
  ['issuer', 'ISSUER', /not be empty/, ['', []]],
  ['issuer', 'ISSUER', /list of texts/, [5, null, ['a b'], [undefined], new Array<string>(2)]],
  ['audiences', 'AUDIENCES', /list of texts/, [5, null, {}, ['a b'], [5]]],
  ['postLoginRedirect', 'POST_LOGIN_REDIRECT', /path on this site/, ['', 'welcome', 5, null, ...paths]],
  ['postLogoutRedirect', 'POST_LOGOUT_REDIRECT', /path on this site/, ['', 'javascript:alert(1)', 5, null, ...paths]],
  ['cancelRedirect', 'CANCEL_REDIRECT', /path on this site/, ['', `/${'a'.repeat(2048)}`, 5, null, ...paths]],
  [
    'tokenEncryptionKeys',
    'TOKEN_ENCRYPTION_KEYS',
    /keys of 32 bytes in base64url/,
    [
      '',
      [],
      key(31),
      key(33),
      `${key(32)},${key(16)}`,
      randomBytes(32).toString('hex'),
      `+${key(32).slice(1)}`,
      'secret',
    ],
  ],
  ['tokenEncryptionKeys', 'TOKEN_ENCRYPTION_KEYS', /list of texts/, [5, null, [randomBytes(32)]]],
  [
    'store',
    'STORE_URL',
    /redis:.*postgres:.*Keyv/,
    ['', 'sqlite://f.db', 'redis://:pass#word@localhost', 'mysql://localhost/db', 'localhost:6379', 'memory'],
  ],
  ['store', 'STORE_URL', /get, set and delete/, [5, null, {}, { get: () => 1, set: () => 1 }, () => 1]],
  [
    'httpTimeoutMs',
    'HTTP_TIMEOUT_MS',
    /milliseconds from 1 to 60000/,
    ['', 0, -1, 1.5, NaN, Infinity, 60_001, '60001', '0', '5s', '1e3', '-5', true, null],
  ],
  [
    'clockToleranceSeconds',
    'CLOCK_TOLERANCE_SECONDS',
    /seconds from 0 to 600/,
    ['', -1, 0.5, 601, '601', '30s', true, null],
  ],
]

const codeOnly: readonly (readonly [option: string, advice: RegExp, wrong: readonly unknown[]])[] = [
  ['name', /short name/, ['', 'my app', '1st', 'a:b', 'a'.repeat(33), 5, null]],
  ['envPrefix', /beginning of variable names/, ['', 'apple_', 'A-B', '_A', 5, null]],
  ['onLogin', /function/, ['listen', {}, 5, null]],
  ['onNotification', /function/, ['listen', {}, 5, null]],
]

/** Good options without a key, where the row brings one. */
function base(option: string): Record<string, unknown> {
  return option === 'privateKeyFile' ? { privateKey: undefined } : {}
}

describe('appleAuth: a wrong value', () => {
  for (const [option, suffix, advice, wrong] of rows) {
    it.each(wrong)(`in the option ${option}, %j, is the one problem, with what to do (${suffix})`, (value) => {
      const [problem, ...more] = problemsOf({ ...base(option), [option]: value })
      expect(problem).toMatchObject({ option, variable: `APPLE_${suffix}`, message: expect.stringMatching(advice) })
      expect(more).toEqual([])
    })

    const texts = wrong.filter((value): value is string => typeof value === 'string' && value.trim() !== '')
    if (texts.length === 0) continue
    it.each(texts)(`in the variable APPLE_${suffix}, %j, is the same problem`, (value) => {
      const problems = problemsOf({ ...base(option), [option]: undefined }, { [`APPLE_${suffix}`]: value })
      expect(problems).toEqual(problemsOf({ ...base(option), [option]: value }))
    })
  }

  for (const [option, advice, wrong] of codeOnly) {
    it.each(wrong)(`in the option ${option}, %j, is the one problem, with what to do`, (value) => {
      const [problem, ...more] = problemsOf({ [option]: value })
      expect(problem).toMatchObject({ option, variable: undefined, message: expect.stringMatching(advice) })
      expect(more).toEqual([])
    })
  }
})

describe('appleAuth: values that do not go together', () => {
  it.each([[{ clientId: `${String(good.teamId)}.com.example.web` }], [{ clientId: `com.${String(good.teamId)}.web` }]])(
    'refuses a client id that holds the Team ID: %j',
    (changes) => {
      const [problem, ...more] = problemsOf(changes)
      expect(problem).toMatchObject({ option: 'clientId', variable: 'APPLE_CLIENT_ID' })
      expect(problem?.message).toMatch(/contains the Team ID.*leave that part out/)
      expect(more).toEqual([])
    },
  )

  it.each([{}, { scope: 'email' }, { scope: ['openid'] }])(
    'refuses response_mode=query for Sign in with Apple with a scope: %j',
    (changes) => {
      const problems = problemsOf({ service: 'sign-in-with-apple', responseMode: 'query', ...changes })
      expect(problems).toMatchObject([{ option: 'responseMode', variable: 'APPLE_RESPONSE_MODE' }])
      expect(problems[0]?.message).toMatch(/must be form_post/)
    },
  )

  it.each(['edu.users.read', 'name edu.classes.read', 'email name phone'])(
    'refuses the scope %s for Sign in with Apple',
    (scope) => {
      const problems = problemsOf({ service: 'sign-in-with-apple', scope })
      expect(problems).toMatchObject([{ option: 'scope', message: expect.stringContaining('name, email') }])
    },
  )
})

describe('appleAuth with a setting that others depend on', () => {
  it('reports a misspelt service alone, not the scopes of the service that was meant', () => {
    const problems = problemsOf({ service: 'sign-in-with-appl', scope: 'name email' })
    expect(problems.map(({ option }) => option)).toEqual(['service'])
  })

  it('reports a wrong base URL alone, not the loopback redirect URI that goes with a simulator', () => {
    const problems = problemsOf({ baseUrl: 'nonsense', redirectUri: 'http://localhost:3000/auth/apple/callback' })
    expect(problems.map(({ option }) => option)).toEqual(['baseUrl'])
  })
})
