import type { Shown, ShownField } from './shown-field.js'

/** Decodes a JWT of three parts for showing, without its signature; undefined for anything else. */
export type TokenReader = (token: string) => Shown | undefined

const longestToken = 16_384
const mostClaims = 30
const openClaims = new Set([
  ...['alg', 'kid', 'typ', 'iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti', 'auth_time', 'events', 'email'],
  ...['email_verified', 'is_private_email', 'nonce_supported', 'org_id', 'scopes', 'real_user_status', 'transfer_sub'],
])
const timeClaims = new Set(['iat', 'exp', 'nbf', 'auth_time'])

/** Reads tokens with the rules for what is open and what is hidden. */
export function createTokenReader(open: (text: string) => Shown, hidden: (text: string) => Shown): TokenReader {
  function claim([name, value]: [string, unknown]): ShownField {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    if (openClaims.has(name)) return { name, value: open(timeClaims.has(name) ? withDate(text, value) : text) }
    return { name: /^\w{1,40}$/.test(name) ? name : '(another name)', value: hidden(text) }
  }

  return function readToken(token) {
    const [header, payload, signature, ...rest] = token.length > longestToken ? [] : token.split('.')
    if (signature === undefined || rest.length > 0) return undefined
    const decoded = [header, payload].map(parsePart)
    if (decoded.includes(undefined)) return undefined
    return {
      parts: decoded.flatMap((part) =>
        Object.entries(part ?? {})
          .slice(0, mostClaims)
          .map(claim),
      ),
    }
  }
}

function parsePart(encoded: string | undefined): object | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded ?? '', 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function withDate(text: string, seconds: unknown): string {
  const date = new Date(Number(seconds) * 1000)
  if (typeof seconds !== 'number' || Number.isNaN(date.getTime())) return text
  return `${text} (${date.toISOString().slice(0, 19).replace('T', ' ')} UTC)`
}
