import { requireTenCharacters, type RegisteredClient } from '../client-registry.js'
import { requireKnownNames } from '../known-names.js'
import type { SimulatorState } from '../simulator-state.js'

/** Which app goes where. */
export interface TransferAppOptions {
  /** The app of the transferring team; apps of its group go with it. */
  readonly clientId: string
  /** The receiving team: ten characters A-Z 0-9. */
  readonly toTeamId: string
}

/** What a simulator does with apps that go to another team. */
export interface AppTransfers {
  /**
   * Lets another team accept an app: for 60 days both teams can move its people, and id_tokens of the receiving team's
   * apps carry `transfer_sub`. The app stays registered as it is; the other team signs people in to apps of its own. A
   * restart ends it, with or without a state file.
   * @throws TypeError for an app that cannot be transferred there
   */
  readonly transferApp: (options: TransferAppOptions) => void
  /** Ends the 60 days at once; false when they were over, or had never begun. @throws TypeError for an unknown app */
  readonly endTransfer: (clientId: string) => boolean
}

/** Both as they act on one simulator. */
export function createAppTransfers({ clients, transfers }: SimulatorState): AppTransfers {
  return {
    transferApp(options) {
      requireKnownNames('transferApp', options, ['clientId', 'toTeamId'])
      const { clientId, toTeamId } = options
      const client = requireClient(clients.find(clientId), clientId)
      requireTenCharacters('toTeamId', toTeamId)
      if (client.teamId === toTeamId)
        throw new TypeError(`The app ${clientId} belongs to the team ${toTeamId} already.`)
      transfers.begin(client, toTeamId)
    },
    endTransfer: (clientId) => transfers.end(requireClient(clients.find(clientId), clientId)),
  }
}

function requireClient(client: RegisteredClient | undefined, clientId: string): RegisteredClient {
  if (client === undefined) throw new TypeError(`The client ${clientId} is not registered.`)
  if (!client.services.includes('sign-in-with-apple')) {
    throw new TypeError(`Nobody signs in to ${clientId}, so there is nobody to transfer.`)
  }
  return client
}
