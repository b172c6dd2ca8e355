import fc from 'fast-check'

/** Tokens of Apple’s: most of them one or two changes away from a good one. */

/** A value of a claim or of the header: JSON, a time from now, or what only the running test knows. */
export type TokenValue =
  | { readonly json: unknown }
  | { readonly inSeconds: number }
  | { readonly is: 'clientId' | 'issuer' | 'nonce' | 'kid' | 'jti' | 'accessTokenHash'; readonly inListOf?: number }

export type TokenEntry = readonly [name: string, value: TokenValue]

/** Whose signature stands under it. */
export type TokenSigner = 'its key' | 'another key of Apple’s' | 'a stranger' | 'HS256' | 'nobody'

/** A generated token; of two entries with one name the later one counts, as in JSON. */
export interface GeneratedToken {
  readonly header: readonly TokenEntry[]
  readonly claims: readonly TokenEntry[]
  readonly signer: TokenSigner
}

const goodHeader: readonly TokenEntry[] = [
  ['kid', { is: 'kid' }],
  ['alg', { json: 'RS256' }],
]
const goodClaims: readonly TokenEntry[] = [
  ['iss', { is: 'issuer' }],
  ['aud', { is: 'clientId' }],
  ['exp', { inSeconds: 600 }],
  ['iat', { inSeconds: 0 }],
  ['sub', { json: '001883.fcc77ba97500402389df96821ad9c790.1517' }],
  ['nonce', { is: 'nonce' }],
]

/** Away from where one second more or less decides. */
const inSeconds = fc
  .oneof(
    fc.integer({ min: -120, max: 120 }),
    fc.integer({ min: -100_000, max: 100_000 }),
    fc.constantFrom(1e300, -1e300),
  )
  .filter((offset) => [-30, 30, -86_430].every((edge) => Math.abs(offset - edge) > 15))
const text = (length: number): string => 'x'.repeat(length)
const known = fc.constantFrom('clientId', 'issuer', 'nonce', 'kid', 'accessTokenHash')
const strangeJson = fc.constantFrom(null, '', 0, -1, true, false, [], {}, text(255), text(256), text(17_000))
const wellKnownJson = fc.constantFrom('RS256', 'none', 'HS256', 'jwt', 'at+jwt', ['exp'], 'com.example.other')
const value: fc.Arbitrary<TokenValue> = fc.oneof(
  { weight: 3, arbitrary: known.map((is) => ({ is })) },
  { weight: 1, arbitrary: fc.tuple(known, fc.integer({ min: 1, max: 2 })).map(([is, inListOf]) => ({ is, inListOf })) },
  { weight: 3, arbitrary: inSeconds.map((offset) => ({ inSeconds: offset })) },
  { weight: 4, arbitrary: strangeJson.map((json) => ({ json })) },
  { weight: 2, arbitrary: wellKnownJson.map((json) => ({ json })) },
  { weight: 2, arbitrary: fc.jsonValue().map((json) => ({ json })) },
)
const names = (words: string): fc.Arbitrary<string> => fc.constantFrom(...words.split(' '))
const headerName = fc.oneof(
  { weight: 6, arbitrary: names('kid alg typ cty crit b64 jwk jku x5c x5u zip') },
  { weight: 1, arbitrary: names('__proto__ constructor toString') },
  { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
)
const claimName = fc.oneof(
  { weight: 6, arbitrary: names('iss aud exp iat sub nonce azp nbf at_hash') },
  { weight: 2, arbitrary: names('email email_verified is_private_email org_id scopes events') },
  { weight: 1, arbitrary: names('__proto__ constructor cookie save isAdmin') },
  { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
)
/** Where a verifier that is a little too lenient, or too strict, goes wrong. */
const tellingEntry: fc.Arbitrary<TokenEntry> = fc.oneof(
  fc.constantFrom<TokenEntry>(
    ['aud', { is: 'clientId', inListOf: 1 }],
    ['aud', { is: 'clientId', inListOf: 2 }],
    ['azp', { is: 'clientId' }],
    ['azp', { json: 'com.example.other' }],
    ['iss', { is: 'issuer', inListOf: 1 }],
    ['nonce', { is: 'nonce', inListOf: 1 }],
  ),
  fc.tuple(fc.constantFrom('sub', 'jti'), fc.constantFrom({ json: text(255) }, { json: text(256) })),
  fc.tuple(
    fc.constantFrom('exp', 'iat', 'nbf'),
    inSeconds.map((offset) => ({ inSeconds: offset })),
  ),
)

type Change = (entries: readonly TokenEntry[]) => readonly TokenEntry[]

/** Adds an entry at the end or at the beginning, where it wins or loses against one of its name; or leaves one out. */
function changed(good: readonly TokenEntry[], entry: fc.Arbitrary<TokenEntry>): fc.Arbitrary<readonly TokenEntry[]> {
  const change = fc.oneof(
    { weight: 4, arbitrary: entry.map((added): Change => (entries) => [...entries, added]) },
    { weight: 1, arbitrary: entry.map((added): Change => (entries) => [added, ...entries]) },
    {
      weight: 1,
      arbitrary: fc.nat(5).map(
        (at): Change =>
          (entries) =>
            entries.toSpliced(at, 1),
      ),
    },
  )
  return fc.array(change, { maxLength: 2 }).map((all) => all.reduce((entries, apply) => apply(entries), good))
}

/** Tokens with these claims, changed up to twice, under a good header that is changed up to twice as well. */
export function tokensLike(claims: readonly TokenEntry[], name: fc.Arbitrary<string>): fc.Arbitrary<GeneratedToken> {
  return fc.record({
    header: fc.oneof(
      { weight: 2, arbitrary: fc.constant(goodHeader) },
      { weight: 1, arbitrary: changed(goodHeader, fc.tuple(headerName, value)) },
    ),
    claims: changed(claims, fc.oneof(fc.tuple(name, value), tellingEntry)),
    signer: fc.oneof(
      { weight: 8, arbitrary: fc.constant<TokenSigner>('its key') },
      { weight: 1, arbitrary: fc.constantFrom<TokenSigner>('another key of Apple’s', 'a stranger', 'HS256', 'nobody') },
    ),
  })
}

/** An id_token, changed up to four times. */
export const generatedIdToken: fc.Arbitrary<GeneratedToken> = tokensLike(goodClaims, claimName)
