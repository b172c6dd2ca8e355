import type { AppleClaims } from '../apple/identity.js'
import { AppleIdTokenError } from '../errors.js'
import { personSubject } from '../session/subject.js'
import type { Instance } from './instance.js'

/**
 * Has the person's consent, or account here, not ended since the token was issued? Apple tells the second alone, so it
 * counts from its beginning, unless the caller knows better (`issuedAt`, in milliseconds since 1970).
 *
 * @throws AppleIdTokenError, AppleStoreError
 */
export async function requireConsent(
  { marks }: Instance,
  claims: AppleClaims,
  issuedAt: number = claims.iat * 1000,
): Promise<void> {
  if (issuedAt > (await marks.find(personSubject(claims.sub)))) return
  throw new AppleIdTokenError('The id_token is older than the end of this person’s consent.', {
    details: { sub: claims.sub },
  })
}
