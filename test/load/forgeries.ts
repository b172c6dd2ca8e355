import { createHmac, randomBytes } from 'node:crypto'
import { createSigningKey, type LoopbackApple, signJwt } from '../support/loopback-apple.js'
import { clientId } from './load-app.js'

/** The body of a notification that must be refused. */
export interface Forgery {
  readonly kind: string
  readonly body: string
}

const stranger = createSigningKey('stranger00')

/** Makes so many of each kind, all of which fall where they should only after as much work as can be had. */
export function makeForgeries(apple: LoopbackApple, ofEachKind: number): Forgery[] {
  const { kid, privateKey } = apple.signer
  const signed = (claims: object, key = privateKey, keyId = kid): string =>
    signJwt({ alg: 'RS256', kid: keyId }, { ...goodClaims(apple), ...claims }, key)
  const now = Math.floor(Date.now() / 1000)
  const kinds: Readonly<Record<string, () => string>> = {
    'unknown kid': () => signed({}, stranger.privateKey, randomBytes(5).toString('hex')),
    'wrong signature': () => signed({}, stranger.privateKey),
    expired: () => signed({ iat: now - 3600, exp: now - 600 }),
    'days old': () => signed({ iat: now - 200_000 }),
    'wrong aud': () => signed({ aud: 'com.example.other' }),
    'wrong iss': () => signed({ iss: 'https://appleid.apple.example' }),
    'an id_token': () => signed({ nonce: 'n', sub: '001883.fcc77ba97500402389df96821ad9c790.1517' }),
    'HS256 by the public key': () => signedByPublicKey(apple),
    'not a JWT': () => randomBytes(300).toString('base64url'),
    'as large as a JWT may be': () => `${randomBytes(20).toString('base64url')}.${'A'.repeat(32_000)}.AAAA`,
  }
  const bodies: Readonly<Record<string, () => string>> = {
    ...Object.fromEntries(
      Object.entries(kinds).map(([kind, forge]) => [kind, () => JSON.stringify({ payload: forge() })]),
    ),
    'not JSON': () => randomBytes(300).toString('base64'),
    'no payload': () => JSON.stringify({ payload: [randomBytes(8).toString('hex')] }),
  }
  // Mixed: one of each kind after the other.
  return Array.from({ length: ofEachKind }, () =>
    Object.entries(bodies).map(([kind, forge]) => ({ kind, body: forge() })),
  ).flat()
}

/** What Apple would say of a consent that was taken back. */
export function goodClaims(apple: LoopbackApple, sub = 'nobody', type = 'consent-revoked'): Record<string, unknown> {
  const now = Date.now()
  return {
    iss: apple.url,
    aud: clientId,
    iat: Math.floor(now / 1000),
    exp: Math.floor(now / 1000) + 86_400,
    jti: randomBytes(12).toString('base64url'),
    events: JSON.stringify({ type, sub, event_time: now }),
  }
}

function signedByPublicKey(apple: LoopbackApple): string {
  const { kid, publicKey } = apple.signer
  const parts = [{ alg: 'HS256', kid }, goodClaims(apple)].map((part) => JSON.stringify(part))
  const input = parts.map((part) => Buffer.from(part).toString('base64url')).join('.')
  const secret = publicKey.export({ format: 'pem', type: 'spki' })
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
