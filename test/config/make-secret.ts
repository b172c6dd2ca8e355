import { createPrivateKey, sign } from 'node:crypto'
import { p8 } from '../support/test-app.js'

/** What a ready-made client secret is made of; what is left out is good. */
export interface SecretParts {
  readonly header?: Readonly<Record<string, unknown>>
  /** `undefined` leaves a claim out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Seconds until it ends. Default: 90 days. */
  readonly endsIn?: number
}

/** Makes a client secret as a developer's script would: an ES256 JWT for com.example.web. */
export function makeSecret({ header = {}, claims = {}, endsIn = 90 * 86_400 }: SecretParts = {}): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const payload = {
    iss: 'TEAM123456',
    iat: now,
    exp: now + endsIn,
    aud: 'https://appleid.apple.com',
    sub: 'com.example.web',
    ...claims,
  }
  const input = `${part({ alg: 'ES256', kid: 'KEY1234567', ...header })}.${part(payload)}`
  const key = createPrivateKey(p8)
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
