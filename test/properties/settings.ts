import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { makeSecret } from '../config/make-secret.js'
import { goodKey } from './key-spellings.js'
import { anyPath, plainPath } from './return-paths.js'

/**
 * What each option may and may not be. Whatever somebody could have made up holds the mark, which no message may repeat;
 * keys and client secrets are looked for by their own text.
 */

/** In every made-up value. */
export const mark = 'hunter2'

/** Values of one option. */
export interface Values {
  readonly good: fc.Arbitrary<unknown>
  readonly bad: fc.Arbitrary<unknown>
}

const otherTypes: readonly unknown[] = [-5, null, {}, NaN, 10n, new Date(0), Symbol(mark), new Map(), /x/]
const word = fc.stringMatching(/^[a-z0-9]{1,8}$/)

/** A list with nothing in its place. */
const hole = new Array<unknown>(1)

/** Wrong in any text: these, and another type. */
function bad(...values: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.constantFrom(...values, ...otherTypes)
}

function number(min: number, max: number): fc.Arbitrary<unknown> {
  const value = fc.integer({ min, max })
  return fc.oneof(value, value.map(String))
}

const tenCharacters: Values = {
  good: fc.stringMatching(/^[A-Z0-9]{10}$/),
  bad: bad(mark, `${mark}000`, 'HUNTER2', 'HUNTER2HUNTER2', 'HUNTER2 00', ''),
}
const flag: Values = {
  good: fc.constantFrom(true, false, 'true', 'FALSE', ' 1 ', '0'),
  bad: bad(mark, 'yes', '', '2', 1),
}
const server: Values = {
  good: word.map((path) => `https://${mark}.example/${path}`),
  bad: bad(
    mark,
    `http://${mark}.example`,
    `https://${mark}.example?x`,
    `https://a:${mark}@b.example`,
    `ftp://${mark}`,
    '',
  ),
}
const sitePath: Values = {
  good: plainPath.map((path) => `/${mark}${path}`),
  bad: fc.oneof(
    bad(mark, `//${mark}.example`, `/\\${mark}`, `/.//${mark}`, `/${mark}${'x'.repeat(2000)}`, ''),
    anyPath.map((path) => `${mark}${path}`),
  ),
}
const callback: Values = { good: fc.constant(() => undefined), bad: bad(mark, true, []) }
const sealingKey = fc.constant(32).map((length) => randomBytes(length).toString('base64url'))

/** Every option but the credentials and the scope, which depend on others. */
export const independent: Readonly<Record<string, Values>> = {
  name: { good: word.map((name) => `n${name}`), bad: bad(`${mark} x`, `1${mark}`, `${mark}:`, mark.repeat(5), '') },
  responseMode: { good: fc.constant('form_post'), bad: bad(mark, 'fragment', 'FORM_POST', '') },
  pkce: flag,
  revokeOnLogout: flag,
  baseUrl: server,
  rosterBaseUrl: server,
  issuer: {
    good: fc.oneof(server.good, fc.array(server.good, { minLength: 1, maxLength: 3 })),
    bad: bad([], [`${mark} x`], [5], hole, ''),
  },
  audiences: {
    good: fc.array(word.map((id) => `${mark}.${id}`)),
    bad: bad([`${mark} x`], [5], [undefined], hole),
  },
  postLoginRedirect: sitePath,
  postLogoutRedirect: sitePath,
  cancelRedirect: sitePath,
  tokenEncryptionKeys: {
    good: fc.oneof(
      sealingKey,
      fc.array(sealingKey, { minLength: 1, maxLength: 3 }),
      fc.tuple(sealingKey, sealingKey).map(([first, second]) => `${first}=, ${second}`),
    ),
    bad: bad(mark, [], hole, `${mark}${'A'.repeat(33)}`, [mark], Buffer.alloc(33, mark).toString('base64url'), ''),
  },
  store: {
    good: fc.constantFrom<unknown>({ get: () => undefined, set: () => undefined, delete: () => undefined }, new Map()),
    bad: fc.constantFrom<unknown>(mark, `mysql://${mark}`, `redis://:${mark}#x@localhost`, 5, null, {}, { get: 1 }, ''),
  },
  httpTimeoutMs: { good: number(1, 60_000), bad: bad(0, -1, 1.5, 60_001, '5s', mark, '') },
  clockToleranceSeconds: { good: number(0, 600), bad: bad(-1, 0.5, 601, '1e2', mark, '') },
  onLogin: callback,
  onNotification: callback,
}

/** Options that must be there. */
export const required: Readonly<Record<string, Values>> = {
  clientId: { good: word.map((id) => `com.${mark}.${id}`), bad: bad('', ' ', '\n') },
  redirectUri: {
    good: plainPath.map((path) => `https://${mark}.example${path.split('#')[0] ?? ''}`),
    bad: bad(
      mark,
      `/${mark}`,
      `http://${mark}.example`,
      `https://${mark}.example#`,
      `https://a:${mark}@b.example`,
      `https://10.0.0.1/${mark}`,
      '',
    ),
  },
}

/** What stands for the app at Apple; `teamId` and `keyId` go with a key. */
export const keyValues: Readonly<Record<string, Values>> = {
  teamId: tenCharacters,
  keyId: tenCharacters,
  privateKey: { good: goodKey.map(({ text }) => text), bad: bad(mark, `-----BEGIN PRIVATE KEY-----${mark}`, '') },
}

/** A ready-made client secret, for the client id com.example.web and the team TEAM123456. */
export const clientSecret: Values = {
  good: fc.integer({ min: 40, max: 180 }).map((days) => makeSecret({ endsIn: days * 86_400 })),
  bad: fc.oneof(
    bad(mark, `${mark}.${mark}.${mark}`, ''),
    fc
      .constantFrom({ exp: 1 }, { sub: mark }, { aud: mark }, { iss: mark }, { exp: mark })
      .map((claims) => makeSecret({ claims })),
  ),
}

/** Scopes by service. */
export const scopes: Readonly<Record<string, readonly string[]>> = {
  'account-data-sharing': ['edu.users.read', 'edu.classes.read', 'edu.rosterapi.test.read'],
  'sign-in-with-apple': ['name', 'email', 'openid'],
}
