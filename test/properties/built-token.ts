import { createHmac } from 'node:crypto'
import { createSigningKey, type SigningKey, signTexts } from '../support/loopback-apple.js'
import type { GeneratedToken, TokenEntry, TokenSigner, TokenValue } from './id-tokens.js'

/** What only the running test knows of a token. */
export interface TokenTruth {
  readonly clientId: string
  readonly issuer: string
  readonly nonce: string
  readonly jti: string
  /** The `at_hash` of the access token that comes with it; undefined where it comes alone. */
  readonly accessTokenHash: string | undefined
  /** Apple’s keys; the first one signs. */
  readonly keys: readonly SigningKey[]
}

/** A token as text, and what stands in it. */
export interface BuiltToken {
  readonly jwt: string
  readonly signer: TokenSigner
  readonly header: ReadonlyMap<string, unknown>
  readonly claims: ReadonlyMap<string, unknown>
}

const stranger = createSigningKey('stranger01')

/** Fills in what only the running test knows, and signs. */
export function buildToken({ header, claims, signer }: GeneratedToken, truth: TokenTruth): BuiltToken {
  const fill = (entries: readonly TokenEntry[]): [string, unknown][] =>
    entries.map(([name, value]) => [name, fillIn(value, truth)])
  const filledHeader = fill(header)
  const filledClaims = fill(claims)
  return {
    jwt: signed(toJson(filledHeader), toJson(filledClaims), signer, truth),
    signer,
    header: new Map(filledHeader),
    claims: new Map(filledClaims),
  }
}

function fillIn(value: TokenValue, truth: TokenTruth): unknown {
  // As a reader of the JSON gets it: -0 becomes 0 on the way.
  if ('json' in value) return JSON.parse(JSON.stringify(value.json))
  if ('inSeconds' in value) return Math.floor(Date.now() / 1000) + value.inSeconds
  const { is, inListOf } = value
  const text = is === 'kid' ? truth.keys[0]?.kid : (truth[is] ?? 'none')
  return inListOf === undefined ? text : Array.from({ length: inListOf }, () => text)
}

/** JSON that may have a name twice. */
function toJson(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
}

function signed(header: string, payload: string, signer: TokenSigner, { keys }: TokenTruth): string {
  const [first, second = stranger] = keys
  if (first === undefined) throw new Error('Apple has no key')
  const keyOf = {
    'its key': first,
    'another key of Apple’s': second,
    'a stranger': stranger,
    HS256: first,
    nobody: first,
  }
  const jwt = signTexts(header, payload, keyOf[signer].privateKey)
  if (signer === 'nobody') return jwt.replace(/[^.]*$/, '')
  if (signer !== 'HS256') return jwt
  const input = jwt.replace(/\.[^.]*$/, '')
  const secret = first.publicKey.export({ format: 'pem', type: 'spki' })
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
