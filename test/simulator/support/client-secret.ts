import { sign, type KeyLike } from 'node:crypto'

/** What a client secret is made of; each part may be wrong on purpose. */
export interface ClientSecretParts {
  clientId: string
  teamId: string
  keyId: string
  privateKey: KeyLike
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
  /** Apple's clock in milliseconds. Default: Date.now(). */
  now?: number
  encoding?: 'ieee-p1363' | 'der'
}

/** Signs a client secret that is right unless told otherwise; an undefined header or claim is left out. */
export function signClientSecret(parts: ClientSecretParts): string {
  const { clientId, teamId, keyId, privateKey, now = Date.now(), encoding = 'ieee-p1363' } = parts
  const seconds = Math.floor(now / 1000)
  const header = { alg: 'ES256', kid: keyId, ...parts.header }
  const aud = 'https://appleid.apple.com'
  const claims = { iss: teamId, iat: seconds, exp: seconds + 300, aud, sub: clientId, ...parts.claims }
  const input = `${encode(header)}.${encode(claims)}`
  const key = { key: privateKey as string, dsaEncoding: encoding }
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

/** Encodes one JSON part of a JWT. */
export function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
