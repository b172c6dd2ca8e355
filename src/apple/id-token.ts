import { createHash } from 'node:crypto'
import { compactVerify, decodeJwt, errors, type CompactVerifyResult } from 'jose'
import type { AppleAuthConfig } from '../config/config.js'
import { AppleAuthError, AppleIdTokenError } from '../errors.js'
import { type AppleClaims, pickClaims } from './identity.js'
import type { FindKey } from './key-set.js'

/**
 * Whom to believe: RFC 7519, RFC 8725, OpenID Connect Core 3.1.3.7, and Apple's own rules.
 *
 * @see https://developer.apple.com/documentation/signinwithapple/verifying-a-user
 */

/** The oldest `iat` taken, in seconds. */
const oldestSeconds = 24 * 60 * 60
/** The longest token looked at, in characters. */
const maxLength = 32 * 1024
/** The largest payload, in bytes. */
const maxPayload = 16 * 1024

/** What a particular token must agree with. */
export interface Expected {
  /** The nonce sent to Apple: missing or different fails. Default: no nonce is asked of the token. */
  nonce?: string
  /** The access token that came with it, for `at_hash`. Default: `at_hash` is not looked at. */
  accessToken?: string
  /** Who it must be for. Default: the configured client id. */
  audience?: string | readonly string[]
}

/** Verifies an id_token and gives back its claims; rejects with AppleIdTokenError or AppleUnavailableError. */
export type VerifyIdToken = (jwt: string, expected?: Expected) => Promise<AppleClaims>

/** Makes the one verifier of id_tokens for a configuration. */
export function createIdTokenVerifier(config: AppleAuthConfig, findKey: FindKey): VerifyIdToken {
  return async function verifyIdToken(jwt, expected = {}) {
    if (typeof jwt !== 'string' || jwt.length > maxLength) throw refuse('is not a JWT, or is too large')
    const { payload: bytes, protectedHeader } = await verifySignature(jwt, findKey)
    if (bytes.length > maxPayload) throw refuse('has a payload of more than 16 KiB')
    const payload = parsePayload(bytes)
    const facts = { kid: protectedHeader.kid, iss: payload.iss, sub: payload.sub, aud: payload.aud }
    const fail = (reason: string): AppleIdTokenError => refuse(reason, facts)
    checkHeader(protectedHeader, fail)
    if (typeof payload.iss !== 'string' || !config.issuers.includes(payload.iss)) {
      throw fail(
        `has an iss that is not allowed (issuer, ${config.envPrefix}ISSUER, allows ${config.issuers.join(', ')})`,
      )
    }
    const audience = checkAudience(payload, [expected.audience ?? config.clientId].flat(), fail)
    checkTimes(payload, config.clockToleranceSeconds, fail)
    if (typeof payload.sub !== 'string' || payload.sub === '' || payload.sub.length > 255) {
      throw fail('has no usable sub')
    }
    if (expected.nonce !== undefined && payload.nonce !== expected.nonce) {
      throw fail(payload.nonce === undefined ? 'has no nonce' : 'has the nonce of another login')
    }
    if (expected.accessToken !== undefined && payload.at_hash !== undefined) {
      if (payload.at_hash !== leftHalfHash(expected.accessToken))
        throw fail('belongs to another access token (at_hash)')
    }
    return pickClaims(payload, audience)
  }
}

/** The claims of an id_token that was verified when it was stored. */
export function readVerifiedClaims(jwt: string, audience: string): AppleClaims {
  return pickClaims(decodeJwt(jwt), audience)
}

async function verifySignature(jwt: string, findKey: FindKey): Promise<CompactVerifyResult> {
  try {
    return await compactVerify(jwt, findKey, { algorithms: ['RS256'] })
  } catch (error) {
    if (error instanceof AppleAuthError) throw error
    const reason = error instanceof errors.JOSEError ? error.code : 'ERR_JWT_INVALID'
    throw refuse(`does not verify: ${reason}`, { reason })
  }
}

function parsePayload(bytes: Uint8Array): Record<string, unknown> {
  let payload: unknown
  try {
    payload = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // Its message would quote the payload; the sentence below says enough.
  }
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload))
    return payload as Record<string, unknown>
  throw refuse('has a payload that is no JSON object')
}

type Fail = (reason: string) => AppleIdTokenError

function refuse(reason: string, details: Record<string, unknown> = {}): AppleIdTokenError {
  return new AppleIdTokenError(`The id_token ${reason}.`, { details })
}

/** Keys that a header brings along or points to (jwk, jku, x5c, x5u) are never looked at. */
function checkHeader(header: Readonly<Record<string, unknown>>, fail: Fail): void {
  const typ = typeof header.typ === 'string' ? header.typ.toUpperCase() : header.typ
  if ((typ !== undefined && typ !== 'JWT') || header.cty !== undefined) throw fail('is a token of another type')
  if (header.crit !== undefined) throw fail('asks for extensions (crit)')
}

function checkAudience(payload: Readonly<Record<string, unknown>>, allowed: readonly string[], fail: Fail): string {
  const { aud, azp } = payload
  const only: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (typeof only !== 'string' || !allowed.includes(only)) throw fail('is for another client (aud)')
  if (azp !== undefined && azp !== only) throw fail('was issued to another client (azp)')
  return only
}

function checkTimes(payload: Readonly<Record<string, unknown>>, tolerance: number, fail: Fail): void {
  const now = Date.now() / 1000
  const { exp, iat, nbf } = payload
  if (typeof exp !== 'number' || !Number.isFinite(exp) || exp <= now - tolerance)
    throw fail('has expired, or has no exp')
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw fail('has no iat')
  if (iat > now + tolerance) throw fail("was issued in the future: is this machine's clock right?")
  if (iat < now - oldestSeconds - tolerance) throw fail('was issued more than 24 hours ago')
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + tolerance)) throw fail('is not valid yet (nbf)')
}

/** OpenID Connect Core 3.1.3.6: the left half of the SHA-256 hash, in base64url. */
function leftHalfHash(value: string): string {
  return createHash('sha256').update(value, 'ascii').digest().subarray(0, 16).toString('base64url')
}
