import { AppleUnavailableError } from '../errors.js'

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

/** What openid-client gives back: RFC 6749's members are checked, others are there as they came. */
interface CheckedResponse extends Readonly<Record<string, unknown>> {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in?: number | undefined
  readonly refresh_token?: string | undefined
}

/** Where the id_token waits while openid-client reads the rest. */
const idTokenAside = 'unverified_id_token'

/** Renames the id_token: openid-client would judge it by one issuer, and `id-token.ts` alone decides whom to trust. */
export async function setIdTokenAside(response: Response): Promise<Response> {
  // RFC 6749 section 5.1; openid-client looks at the type only of what it cannot read.
  if (!/^application\/json\b/i.test(response.headers.get('content-type') ?? '')) {
    throw malformed('a content type other than application/json')
  }
  const body = await response.text()
  return new Response(renameIdToken(body), { status: 200, headers: response.headers })
}

function renameIdToken(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== 'object' || parsed === null || !('id_token' in parsed)) return body
    const { id_token: idToken, ...rest } = parsed
    return JSON.stringify({ ...rest, [idTokenAside]: idToken })
  } catch {
    // openid-client says what is wrong with it.
    return body
  }
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
