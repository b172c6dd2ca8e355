import type { GrantFilter } from './grant-book.js'
import { requireKnownNames } from './known-names.js'
import { endConsents } from './notifications/end-consents.js'
import type { SimulatorState } from './simulator-state.js'

/**
 * Ends the live consents that fit, and tells their apps in the background; answers how many ended.
 * @throws TypeError for a client that is not registered and for names that mean nothing
 */
export function revokeGrants(state: SimulatorState, filter: GrantFilter): number {
  requireKnownNames('revokeGrant', filter, ['clientId', 'personId', 'organizationId'])
  const { clientId, personId, organizationId } = filter
  const client = state.clients.find(clientId)
  if (clientId !== undefined && client === undefined) throw new TypeError(`The client ${clientId} is not registered.`)
  return endConsents(
    state,
    (grant) =>
      (client === undefined || grant.consentGroup === client.consentGroup) &&
      (personId === undefined || grant.person?.id === personId) &&
      (organizationId === undefined || grant.organizationId === organizationId),
  )
}
