import type { CompactVerifyResult } from 'jose'
import * as errors from 'jose/errors'
import { compactVerify } from 'jose/jws/compact/verify'
import type { AppleAuthConfig } from '../config/config.js'
import { AppleAuthError, type AppleAuthErrorOptions } from '../errors.js'
import type { FindKey } from './key-set.js'

/**
 * What every token that Apple signs must be, an id_token as well as a notification: RFC 7519 and RFC 8725.
 *
 * @see https://developer.apple.com/documentation/signinwithapple/verifying-a-user
 */

/** The oldest `iat` taken, in seconds. */
const oldestSeconds = 24 * 60 * 60
/** The longest token looked at, in characters. */
const maxLength = 32 * 1024
/** The largest payload, in bytes. */
const maxPayload = 16 * 1024

/** What tells one kind of token from the other. */
export interface JwtKind {
  /** What errors call it. */
  readonly name: string
  readonly createError: (message: string, options: AppleAuthErrorOptions) => AppleAuthError
  /** What to do about one that is for another client; nothing where there is nothing to do. */
  readonly audienceAdvice: string
  /** Whether it must say when it ends; where it says so, it must not have ended. */
  readonly needsExp: boolean
}

/** A token whose signature, issuer, audience and times are right. */
export interface VerifiedJwt {
  readonly payload: Readonly<Record<string, unknown>>
  /** The one client id that it is for. */
  readonly audience: string
  /** Makes the error for what else is wrong with it. */
  readonly fail: (reason: string) => AppleAuthError
}

/** Verifies a token for one of these client ids; rejects with the kind's error, or AppleUnavailableError without keys. */
export type VerifyAppleJwt = (jwt: string, audience: readonly string[]) => Promise<VerifiedJwt>

/** Makes the verifier for one kind of token. */
export function createAppleJwtVerifier(config: AppleAuthConfig, findKey: FindKey, kind: JwtKind): VerifyAppleJwt {
  const refuse = (reason: string, details: Readonly<Record<string, unknown>> = {}): AppleAuthError =>
    kind.createError(`The ${kind.name} ${reason}.`, { details })

  async function verifySignature(jwt: string): Promise<CompactVerifyResult> {
    try {
      return await compactVerify(jwt, findKey, { algorithms: ['RS256'] })
    } catch (error) {
      if (error instanceof AppleAuthError) throw error
      const reason = error instanceof errors.JOSEError ? error.code : 'ERR_JWT_INVALID'
      throw refuse(`does not verify: ${reason}`, { reason })
    }
  }

  return async function verifyAppleJwt(jwt, allowed) {
    if (typeof jwt !== 'string' || jwt.length > maxLength) throw refuse('is not a JWT, or is too large')
    const { payload: bytes, protectedHeader } = await verifySignature(jwt)
    if (bytes.length > maxPayload) throw refuse('has a payload of more than 16 KiB')
    const payload = parseObject(bytes)
    if (payload === undefined) throw refuse('has a payload that is no JSON object')
    const facts = { kid: protectedHeader.kid, iss: payload.iss, sub: payload.sub, aud: payload.aud }
    const fail = (reason: string): AppleAuthError => refuse(reason, facts)
    checkHeader(protectedHeader, fail)
    if (typeof payload.iss !== 'string' || !config.issuers.includes(payload.iss)) {
      throw fail(
        `has an iss that is not allowed (issuer, ${config.envPrefix}ISSUER, allows ${config.issuers.join(', ')})`,
      )
    }
    const audience = checkAudience(payload, allowed, kind.audienceAdvice, fail)
    checkTimes(payload, config.clockToleranceSeconds, kind.needsExp, fail)
    return { payload, audience, fail }
  }
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // Its message would quote the payload; undefined says enough.
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

type Fail = VerifiedJwt['fail']

/** Keys that a header brings along or points to (jwk, jku, x5c, x5u) are never looked at. */
function checkHeader(header: Readonly<Record<string, unknown>>, fail: Fail): void {
  const typ = typeof header.typ === 'string' ? header.typ.toUpperCase() : header.typ
  if ((typ !== undefined && typ !== 'JWT') || header.cty !== undefined) throw fail('is a token of another type')
  if (header.crit !== undefined) throw fail('asks for extensions (crit)')
}

function checkAudience(
  payload: VerifiedJwt['payload'],
  allowed: readonly string[],
  advice: string,
  fail: Fail,
): string {
  const { aud, azp } = payload
  const only: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (typeof only !== 'string' || !allowed.includes(only)) throw fail(`is for another client (aud)${advice}`)
  if (azp !== undefined && azp !== only) throw fail('was issued to another client (azp)')
  return only
}

function checkTimes(payload: VerifiedJwt['payload'], tolerance: number, needsExp: boolean, fail: Fail): void {
  const now = Date.now() / 1000
  const { exp, iat, nbf } = payload
  const mayLackExp = !needsExp && exp === undefined
  if (!mayLackExp && (typeof exp !== 'number' || !Number.isFinite(exp))) throw fail('has no exp')
  if (Number(exp) <= now - tolerance) throw fail("has expired (exp): is this machine's clock right?")
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw fail('has no iat')
  if (iat > now + tolerance) throw fail("was issued in the future: is this machine's clock right?")
  if (iat < now - oldestSeconds - tolerance) throw fail('was issued more than 24 hours ago')
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + tolerance)) throw fail('is not valid yet (nbf)')
}
