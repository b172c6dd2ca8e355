/** The tokens of a login as large as Apple's. */
export interface Login {
  readonly sub: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly idToken: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly scope: string
}

/** The `sub` of the bench's person of that number, in the form of Apple's. */
export function subOf(person: number): string {
  return `001883.${person.toString(16).padStart(32, 'fcc77ba97500402389df96821ad9c790')}.1517`
}

/** The id_token's own size at Apple, in characters. */
const idTokenLength = 900
/** Of access and refresh tokens, in characters. */
const tokenLength = 64

/** A login of that person; unsigned, for variants that are handed their session rather than sign in at Apple. */
export function loginOf(person: number): Login {
  const sub = subOf(person)
  const text = (label: string, length: number): string => `${label}${String(person)}.`.padEnd(length, 'kJ7xQ2pL9vR4')
  const header = Buffer.from(JSON.stringify({ kid: 'first00001', alg: 'RS256' })).toString('base64url')
  const payload = Buffer.from(JSON.stringify({ sub, nonce: text('n', 43) })).toString('base64url')
  return {
    sub,
    accessToken: text('a', tokenLength),
    refreshToken: text('r', tokenLength),
    idToken: text(`${header}.${payload}.`, idTokenLength),
    expiresAt: Date.now() + 3_600_000,
    scope: 'name email',
  }
}
