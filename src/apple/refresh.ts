import { createHash } from 'node:crypto'
import { AppleIdTokenError, AppleTokenError } from '../errors.js'
import type { OncePerKey } from '../once-per-key.js'
import type { AppleClient } from './client.js'
import type { VerifyIdToken } from './id-token.js'

/**
 * Renews access tokens: one request in flight per grant in this process, however many wait for it.
 *
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing/generate-and-validate-tokens
 */

/** What is renewed, and for whom. */
export interface RefreshRequest {
  readonly refreshToken: string
  /** The access token that has ended or was refused: no earlier result that is this very token is given out. */
  readonly replaces: string | undefined
  /** Whom the login was about; undefined where nothing said it. */
  readonly iss?: string | undefined
  readonly sub?: string | undefined
  readonly organizationId?: string | undefined
  /** The client id that the tokens belong to, where it is not the configured one. */
  readonly issuedTo?: string | undefined
}

/** What a refresh brought. */
export interface RenewedTokens {
  readonly accessToken: string
  /** When the access token ends, in seconds since 1970. */
  readonly expiresAt: number
  /** The refresh token from now on: Apple sends one only once, so it is mostly the one that was used. */
  readonly refreshToken: string
}

/** An access token with less life than this left is renewed, in seconds. */
const reserveSeconds = 60

/** Has this access token enough life left to be used? `expiresAt` is in seconds since 1970. */
export function isFresh({ expiresAt }: { readonly expiresAt: number }): boolean {
  return expiresAt - Date.now() / 1000 > reserveSeconds
}

/**
 * Renews the tokens of a grant.
 *
 * @throws AppleIdTokenError when the answer is about somebody else
 * @throws AppleTokenError, AppleUnavailableError when Apple could not renew them
 */
export type Refresh = (request: RefreshRequest) => Promise<RenewedTokens>

/** Apple's words for "this grant has ended", both seen on refresh. */
const grantEnded = ['invalid_grant', 'invalid_request']

/** Makes the one function through which every refresh of an instance goes; `refreshed` hears of each request to Apple. */
export function createRefresh(
  client: AppleClient,
  verifyIdToken: VerifyIdToken,
  memory: OncePerKey<RenewedTokens>,
  refreshed: (request: RefreshRequest, tokens: RenewedTokens) => void,
): Refresh {
  async function requestTokens(request: RefreshRequest): Promise<RenewedTokens> {
    const { issuedTo } = request
    const tokens = await client.refresh(request.refreshToken, issuedTo)
    if (tokens.idToken !== undefined) {
      const audience = issuedTo === undefined ? {} : { audience: issuedTo }
      requireSame(request, await verifyIdToken(tokens.idToken, { accessToken: tokens.accessToken, ...audience }))
    }
    const renewed = {
      accessToken: tokens.accessToken,
      expiresAt: Math.floor(Date.now() / 1000) + tokens.expiresInSeconds,
      refreshToken: tokens.refreshToken ?? request.refreshToken,
    }
    refreshed(request, renewed)
    return renewed
  }

  return async function refresh(request) {
    const key = fingerprint(request.refreshToken)
    const known = memory.recall(key)
    if (known !== undefined) {
      const renewed = await known
      if (renewed.accessToken !== request.replaces && renewed.expiresAt > Date.now() / 1000) return renewed
      memory.drop(key, known)
    }
    return memory.run(key, () => requestTokens(request))
  }
}

/** Does this error of a refresh mean that the grant is of no more use? */
export function endsGrant(error: unknown): boolean {
  if (error instanceof AppleTokenError) return grantEnded.includes(error.appleError)
  return error instanceof AppleIdTokenError && 'expected' in error.details
}

function requireSame(
  { iss, sub, organizationId }: RefreshRequest,
  claims: { readonly iss: string; readonly sub: string; readonly org_id?: string | undefined },
): void {
  const isOtherPerson = sub !== undefined && (claims.sub !== sub || claims.iss !== iss)
  const isOtherSchool = organizationId !== undefined && claims.org_id !== undefined && claims.org_id !== organizationId
  if (!isOtherPerson && !isOtherSchool) return
  throw new AppleIdTokenError('The id_token of a refresh is about somebody else than the login.', {
    details: {
      iss: claims.iss,
      sub: claims.sub,
      organizationId: claims.org_id,
      expected: { iss, sub, organizationId },
    },
  })
}

/** Names a grant without holding its token. */
function fingerprint(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('base64url')
}
