import { createHash, createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import type { AppleSimulator } from '../../../src/simulator/index.js'

/** The claims that tests look at, and any other. */
export type Claims = Partial<Record<string, unknown>>

/** Reads a JWT without verifying it. */
export function decodeIdToken(jwt: string): { header: Claims; claims: Claims } {
  const [header = '', claims = ''] = jwt.split('.')
  return { header: parse(header), claims: parse(claims) }
}

/** The key set, as one of the two endpoints shows it. */
export async function fetchKeys(simulator: AppleSimulator, path = '/auth/keys'): Promise<JsonWebKey[]> {
  const response = await fetch(`${simulator.url}${path}`)
  return ((await response.json()) as { keys: JsonWebKey[] }).keys
}

/** Tells whether a key of the set, found by kid, verifies the JWT as RS256. */
export async function isSigned(simulator: AppleSimulator, jwt: string): Promise<boolean> {
  const { kid, alg } = decodeIdToken(jwt).header
  const jwk = (await fetchKeys(simulator)).find((key) => key.kid === kid)
  if (jwk === undefined || alg !== 'RS256') return false
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))
}

/** at_hash and c_hash, OpenID Connect Core 3.1.3.6. */
export function leftHalfHash(value: string): string {
  return createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url')
}

function parse(part: string): Claims {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims
}
