import type { AppleClaims } from '../apple/identity.js'

/**
 * When a login began, in milliseconds since 1970, by Apple's clock where its id_token tells it: Apple's notifications
 * tell their time by the same one. Ours only says when within the second.
 */
export function loginStart({ loginAt }: { readonly loginAt: number }, claims: AppleClaims | undefined): number {
  const ours = loginAt * 1000
  if (claims === undefined) return ours
  const issuedAt = claims.iat * 1000
  return Math.min(Math.max(ours, issuedAt), issuedAt + 999)
}
