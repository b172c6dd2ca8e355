import { isFresh } from '../apple/refresh.js'
import type { AccessTokens } from '../roster/roster-client.js'
import type { AccessTokenRecord } from '../session/connection-record.js'
import { type ConnectionTokensParts, requireGrant, usableToken } from './connection-renewal.js'

/**
 * The access tokens of one connected school, renewed and written back as needed, without a browser.
 *
 * @throws AppleConnectionError (from what it returns) while the school is not connected or its connection is broken
 * @throws AppleStoreError, and what a refresh throws that broke nothing
 */
export function createConnectionTokens(parts: ConnectionTokensParts, organizationId: string): AccessTokens {
  // Spares the store one read per page of a long reading. A token that is revoked meanwhile is refused by Apple.
  let inHand: AccessTokenRecord | undefined

  async function fromStore(rejected: string | undefined): Promise<string> {
    const grant = await requireGrant(parts.records, organizationId)
    inHand = await usableToken(parts, grant, rejected)
    return inHand.accessToken
  }

  return {
    current: () => (inHand !== undefined && isFresh(inHand) ? inHand.accessToken : fromStore(undefined)),
    renewed: (rejected) => fromStore(rejected),
  }
}
