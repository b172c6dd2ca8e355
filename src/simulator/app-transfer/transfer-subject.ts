import type { RegisteredClient } from '../client-registry.js'
import { isManaged } from '../directory.js'
import type { Grant } from '../grant-book.js'
import type { SimulatorPerson } from '../person.js'
import type { SimulatorState } from '../simulator-state.js'
import { consumerSubject, managedSubject } from '../subject.js'
import type { Transfer } from './transfer-book.js'

const service = 'sign-in-with-apple'

/** The `transfer_sub` of a person: shaped like a `sub`, and the same for every app that the receiving team gets. */
export function transferSubject(person: SimulatorPerson, toTeamId: string): string {
  const seed = `transfer ${toTeamId} ${person.id}`
  return isManaged(person) ? managedSubject(seed) : consumerSubject(seed)
}

/** The consent to an app that is transferred; undefined where the person never gave it, or took it back. */
export function transferredGrant(
  { grants }: SimulatorState,
  { client }: Transfer,
  person: SimulatorPerson,
): Grant | undefined {
  return grants.find({ service, client, person })
}

/** The `transfer_sub` claim of an app's id_tokens: while an app that the person uses is on its way to this team. */
export function transferClaim(
  state: SimulatorState,
  { teamId }: RegisteredClient,
  grant: Grant,
  person: SimulatorPerson,
): { transfer_sub?: string } {
  const isOnItsWay =
    grant.service === service &&
    state.transfers.incoming(teamId).some((transfer) => transferredGrant(state, transfer, person) !== undefined)
  return isOnItsWay ? { transfer_sub: transferSubject(person, teamId) } : {}
}
