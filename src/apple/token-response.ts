import { AppleUnavailableError } from '../errors.js'
import { parseJsonObject } from '../json-object.js'
import type { HttpAnswer } from './http-exchange.js'

/**
 * The token endpoint's answer.
 *
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing/tokenresponse
 */

/** Apple's answer to a token request. */
export interface TokenResponse {
  readonly accessToken: string
  /** Always `Bearer`, however Apple spells it. */
  readonly tokenType: 'Bearer'
  /** Seconds, 0 to a day; 3600 where Apple does not say. */
  readonly expiresInSeconds: number
  readonly refreshToken?: string
  /** Not verified yet. */
  readonly idToken?: string
}

const daySeconds = 24 * 60 * 60

const utf8 = new TextDecoder()

/** What openid-client gives back: RFC 6749's members are checked, others are there as they came. */
interface CheckedResponse extends Readonly<Record<string, unknown>> {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in?: number | undefined
  readonly refresh_token?: string | undefined
}

/** Where the id_token waits while openid-client reads the rest. */
const idTokenAside = 'unverified_id_token'

/**
 * The answer for openid-client, with the id_token renamed: it would judge that by one issuer, and `id-token.ts` alone
 * decides whom to trust.
 */
export function setIdTokenAside(answer: HttpAnswer): Response {
  // RFC 6749 section 5.1; openid-client looks at the type only of what it cannot read.
  if (!/^application\/json\b/i.test(answer.contentType)) {
    throw malformed('a content type other than application/json')
  }
  const body = utf8.decode(answer.body)
  const parsed = parseJsonObject(body)
  // openid-client says what is wrong with it.
  if (parsed === undefined) return new Response(body, answer)
  const { id_token: idToken, ...rest } = parsed
  return readAnswer(idToken === undefined ? rest : { ...rest, [idTokenAside]: idToken })
}

/** A good answer that has been read already: one with a body of its own would be a stream, and be read again. */
function readAnswer(body: unknown): Response {
  return Object.assign(new Response(null, { status: 200 }), { json: () => Promise.resolve(body) })
}

/** Reads what openid-client has checked; the id_token is still nobody's word. */
export function toTokenResponse(response: CheckedResponse): TokenResponse {
  const idToken = response[idTokenAside]
  if (response.token_type !== 'bearer') throw malformed('a token_type other than Bearer')
  if (idToken !== undefined && typeof idToken !== 'string') throw malformed('an id_token that is no text')
  return {
    accessToken: response.access_token,
    tokenType: 'Bearer',
    expiresInSeconds: Math.min(response.expires_in ?? 3600, daySeconds),
    ...(response.refresh_token === undefined ? {} : { refreshToken: response.refresh_token }),
    ...(idToken === undefined ? {} : { idToken }),
  }
}

/** The error for an answer that is none. */
export function malformed(what: string, reason?: string): AppleUnavailableError {
  return new AppleUnavailableError(`Apple's answer cannot be used: it has ${what}.`, {
    details: reason === undefined ? {} : { reason },
  })
}
