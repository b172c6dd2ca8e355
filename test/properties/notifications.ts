import fc from 'fast-check'
import { hostileText } from './hostile-text.js'
import { type GeneratedToken, type TokenEntry, tokensLike } from './id-tokens.js'

/** Notifications as they might arrive: most of them one or two changes away from a good one. */

/** How the token is wrapped up. */
export interface GeneratedNotification {
  readonly token: GeneratedToken
  readonly contentType: { readonly text: string; readonly isJson: boolean }
  /** What stands around the token in the body, and whether the token is its payload. */
  readonly body: { readonly before: string; readonly after: string; readonly hasPayload: boolean }
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, true, [], {}, 'x'.repeat(255), 'x'.repeat(256), '__proto__'),
  fc.jsonValue(),
)
const time = fc.oneof(
  fc.constantFrom<unknown>(1_700_000_000, 1_700_000_000_000, 1e11, 1e300, -1, 0, '1700000000', null, Number.MIN_VALUE),
  odd,
)
const type = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'email-enabled',
      'email-disabled',
      'consent-revoked',
      'account-delete',
      'account-deleted',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('something-new', 'constructor', 'Consent-Revoked') },
  { weight: 1, arbitrary: odd },
)
/** People and schools of whom nobody is signed in here. */
const id = fc.oneof(
  { weight: 8, arbitrary: fc.nat(50).map((number) => `id-${String(number)}`) },
  { weight: 1, arbitrary: odd },
)
const event = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.oneof(
      fc.record({ type, sub: id, event_time: time }),
      fc.record(
        { type, sub: id, org_id: id, event_time: time, email: odd, is_private_email: odd, scopes: odd, __proto__: odd },
        { requiredKeys: ['type'] },
      ),
    ),
  },
  { weight: 1, arbitrary: odd },
)
const events = fc.oneof(
  { weight: 3, arbitrary: event },
  { weight: 3, arbitrary: event.map((one) => JSON.stringify(one)) },
  { weight: 2, arbitrary: fc.array(event, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(event, { maxLength: 3 }).map((some) => JSON.stringify(some)) },
  { weight: 1, arbitrary: fc.tuple(event, fc.nat(60)).map(([one, length]) => JSON.stringify(one).slice(0, length)) },
)

const claimName = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('iss', 'aud', 'exp', 'iat', 'jti', 'nonce', 'azp', 'nbf', 'sub', 'events') },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', '') },
  { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
)

const token = events.chain((told) => {
  const claims: readonly TokenEntry[] = [
    ['iss', { is: 'issuer' }],
    ['aud', { is: 'clientId' }],
    ['iat', { inSeconds: 0 }],
    ['jti', { is: 'jti' }],
    ['events', { json: told }],
  ]
  return tokensLike(claims, claimName)
})

const contentType = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .constantFrom('application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"')
      .map((text) => ({ text, isJson: true })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/jwt',
        'application/json; charset=iso-8859-1',
      )
      .map((text) => ({ text, isJson: false })),
  },
)

type Body = GeneratedNotification['body']

const json = (value: unknown): string => JSON.stringify(value)
const usual: Body = { before: '{"payload":"', after: '"}', hasPayload: true }
const without = ([before, after]: readonly [string, string]): Body => ({ before, after, hasPayload: false })
const otherName = fc.oneof(hostileText, fc.constant('payload'))
/** With the token it makes a body of 64 KiB, more or less. */
const aboutTheLimit = fc.integer({ min: 64_300, max: 65_300 })
const withPayload: fc.Arbitrary<Body> = fc.oneof(
  fc
    .tuple(otherName, fc.jsonValue())
    .map(([name, value]) => ({ ...usual, before: `{${json(name)}:${json(value)},"payload":"` })),
  aboutTheLimit.map((long) => ({ ...usual, before: `${' '.repeat(long)}{"payload":"` })),
  fc.constant({ ...usual, before: ' {\n"p\\u0061yload" :\t"', after: '" }\r\n' }),
)
const withoutPayload: fc.Arbitrary<Body> = fc.oneof(
  fc.jsonValue().map((value) => without(['{"payload":"', `","payload":${json([value])}}`])),
  fc
    .constantFrom<[string, string]>(
      ['', ''],
      ['"', '"'],
      ['{"payload":"', ''],
      ['{"payload":["', '"]}'],
      ['payload=', ''],
    )
    .map(without),
  fc
    .constantFrom<[string, string]>(
      ['[{"payload":"', '"}]'],
      ['{"Payload":"', '"}'],
      ['{"__proto__":{"payload":"', '"}}'],
    )
    .map(without),
)
const body = fc.oneof(
  { weight: 4, arbitrary: fc.constant(usual) },
  { weight: 2, arbitrary: withPayload },
  { weight: 1, arbitrary: withoutPayload },
)

/** A notification of Apple’s, with a few changes to its token or to what is around it. */
export const generatedNotification: fc.Arbitrary<GeneratedNotification> = fc.record({ token, contentType, body })
