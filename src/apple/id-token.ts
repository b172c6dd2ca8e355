import { createHash } from 'node:crypto'
import type { AppleAuthConfig } from '../config/config.js'
import { AppleIdTokenError } from '../errors.js'
import { parseJsonObject } from '../json-object.js'
import { createAppleJwtVerifier } from './apple-jwt.js'
import { type AppleClaims, pickClaims } from './identity.js'
import type { FindKey } from './key-set.js'

/**
 * Whom to believe: OpenID Connect Core 3.1.3.7, and Apple's own rules.
 *
 * @see https://developer.apple.com/documentation/signinwithapple/verifying-a-user
 */

/** What a particular token must agree with. */
export interface Expected {
  /** The nonce sent to Apple, or the forms it may have: missing or different fails. Default: no nonce is asked of the token. */
  nonce?: string | readonly string[]
  /** The access token that came with it, for `at_hash`. Default: `at_hash` is not looked at. */
  accessToken?: string
  /** The code that came with it, for `c_hash`. Default: `c_hash` is not looked at. */
  code?: string
  /** Who it must be for. Default: the configured client id. */
  audience?: string | readonly string[]
}

/** Verifies an id_token and gives back its claims; rejects with AppleIdTokenError or AppleUnavailableError. */
export type VerifyIdToken = (jwt: string, expected?: Expected) => Promise<AppleClaims>

/** Makes the one verifier of id_tokens for a configuration. */
export function createIdTokenVerifier(config: AppleAuthConfig, findKey: FindKey): VerifyIdToken {
  const verifyJwt = createAppleJwtVerifier(config, findKey, {
    name: 'id_token',
    createError: (message, options) => new AppleIdTokenError(message, options),
    audienceAdvice: '',
    needsExp: true,
  })

  return async function verifyIdToken(jwt, expected = {}) {
    const { payload, audience, fail } = await verifyJwt(jwt, [expected.audience ?? config.clientId].flat())
    if (typeof payload.sub !== 'string' || payload.sub === '' || payload.sub.length > 255) {
      throw fail('has no usable sub')
    }
    if (expected.nonce !== undefined && ![expected.nonce].flat().some((nonce) => nonce === payload.nonce)) {
      throw fail(payload.nonce === undefined ? 'has no nonce' : 'has the nonce of another login')
    }
    if (!isHashOf(payload.at_hash, expected.accessToken)) throw fail('belongs to another access token (at_hash)')
    if (!isHashOf(payload.c_hash, expected.code)) throw fail('belongs to another code (c_hash)')
    return pickClaims(payload, audience)
  }
}

/** The payload of an id_token that was verified when it was stored; undefined for a text that is none. */
export function readVerifiedPayload(jwt: string): Readonly<Record<string, unknown>> | undefined {
  const start = jwt.indexOf('.') + 1
  return parseJsonObject(Buffer.from(jwt.slice(start, jwt.indexOf('.', start)), 'base64url').toString())
}

/**
 * The forms that a native app's nonce may have in its id_token: as it was given to us, or the SHA-256 of that in hex, which
 * Apple's own examples for apps send to Apple while the app keeps the raw one.
 */
export function nonceForms(nonce: string): readonly string[] {
  return [nonce, createHash('sha256').update(nonce).digest('hex')]
}

/** OpenID Connect Core 3.1.3.6: the left half of the SHA-256 hash, in base64url. A hash or a value that is absent fits. */
function isHashOf(hash: unknown, value: string | undefined): boolean {
  if (value === undefined || hash === undefined) return true
  return hash === createHash('sha256').update(value, 'ascii').digest().subarray(0, 16).toString('base64url')
}
