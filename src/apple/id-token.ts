import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { AppleAuthConfig } from '../config/config.js'
import { AppleIdTokenError } from '../errors.js'
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

/** OpenID Connect Core 3.1.3.6: the left half of the SHA-256 hash, in base64url. */
function leftHalfHash(value: string): string {
  return createHash('sha256').update(value, 'ascii').digest().subarray(0, 16).toString('base64url')
}
