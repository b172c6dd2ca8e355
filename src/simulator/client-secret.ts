// https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
import { verify } from 'node:crypto'
import type { RegisteredClient } from './client-registry.js'
import { OAuthError } from './oauth-error.js'
import type { SimulatorService } from './services.js'

/** Six months: the farthest that `exp` may lie ahead on Apple's clock. */
export const clientSecretMaxAheadSeconds = 15777000

/** The `aud` of every client secret, whatever the service and wherever the simulator listens. */
export const clientSecretAudience = 'https://appleid.apple.com'

const issuedAheadSeconds = 300

/**
 * Verifies a client secret.
 * @throws OAuthError `invalid_client`, the reason naming the first thing that is wrong
 */
export function verifyClientSecret(
  secret: string,
  client: RegisteredClient,
  service: SimulatorService,
  nowSeconds: number,
): void {
  const [header, payload, signature, ...rest] = secret.split('.')
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    throw refusal('is not a JWT of three parts')
  }
  const key = requireKey(parseJsonPart('header', header), client, service)
  const bytes = decodeBase64url('signature', signature)
  if (bytes.length !== 64) throw refusal('signature is not 64 raw bytes (r and s); a DER signature is refused')
  const signed = Buffer.from(`${header}.${payload}`)
  if (!verify('sha256', signed, { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, bytes)) {
    throw refusal(`signature does not belong to the key ${key.keyId}`)
  }
  checkClaims(parseJsonPart('payload', payload), client, nowSeconds)
}

function requireKey(header: Partial<Record<string, unknown>>, client: RegisteredClient, service: SimulatorService) {
  if (header.alg !== 'ES256') throw refusal('alg is not ES256')
  if ('crit' in header) throw refusal('crit names extensions that nobody understands')
  const key = client.keys.find(({ keyId }) => keyId === header.kid)
  if (key === undefined) throw refusal('kid is not a key of this client')
  if (!key.services.includes(service)) throw refusal(`key ${key.keyId} is not enabled for ${service}`)
  return key
}

function checkClaims(claims: Partial<Record<string, unknown>>, client: RegisteredClient, nowSeconds: number): void {
  const { iss, sub, aud, iat, exp } = claims
  if (iss !== client.teamId) throw refusal('iss is not the Team ID of the client')
  if (sub !== client.clientId) throw refusal('sub is not the client id')
  if (!isOurAudience(aud)) throw refusal(`aud is not ${clientSecretAudience}`)
  if (typeof iat !== 'number') throw refusal('iat is not a number of seconds')
  if (iat > nowSeconds + issuedAheadSeconds) throw refusal("iat is ahead of Apple's clock")
  if (typeof exp !== 'number') throw refusal('exp is not a number of seconds')
  if (exp <= nowSeconds) throw refusal('it has expired')
  if (exp - nowSeconds > clientSecretMaxAheadSeconds) throw refusal('exp is more than 15777000 seconds ahead')
}

// RFC 7519 4.1.3 lets a lone audience stand in a list, as some clients write it.
function isOurAudience(aud: unknown): boolean {
  const [lone, ...more] = Array.isArray(aud) ? (aud as unknown[]) : [aud]
  return lone === clientSecretAudience && more.length === 0
}

function parseJsonPart(part: string, encoded: string): Partial<Record<string, unknown>> {
  const text = decodeBase64url(part, encoded).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refusal(`${part} is not JSON`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refusal(`${part} is not a JSON object`)
  return { ...value }
}

function decodeBase64url(part: string, encoded: string): Buffer {
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) throw refusal(`${part} is not base64url`)
  return Buffer.from(encoded, 'base64url')
}

function refusal(reason: string): OAuthError {
  return new OAuthError('invalid_client', `client secret: ${reason}`)
}
