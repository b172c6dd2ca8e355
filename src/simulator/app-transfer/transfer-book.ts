import type { RegisteredClient } from '../client-registry.js'

/** How long people can be moved after an app was, in milliseconds: 60 days. */
const windowMs = 60 * 24 * 60 * 60 * 1000

/** An app that goes to another team. */
export interface Transfer {
  /** The app as the transferring team has registered it. */
  readonly client: RegisteredClient
  readonly toTeamId: string
  /** When the receiving team accepted it, in milliseconds. */
  readonly acceptedAt: number
}

/** The transfers that were begun; each is open for 60 days on Apple's clock. */
export interface TransferBook {
  /** Begins the transfer of an app and its group; one that was begun before ends. */
  readonly begin: (client: RegisteredClient, toTeamId: string) => void
  /** Ends it early; answers whether it was open. */
  readonly end: (client: RegisteredClient) => boolean
  /** The open transfer of an app, or of another one of its group, to that team. */
  readonly outgoing: (client: RegisteredClient, toTeamId: string) => Transfer | undefined
  /** The open transfers to a team. */
  readonly incoming: (teamId: string) => readonly Transfer[]
}

/** Starts without any transfer; `now` is in milliseconds. */
export function createTransferBook(now: () => number): TransferBook {
  const transfers = new Map<string, Transfer>()
  const open = (): Transfer[] => [...transfers.values()].filter(({ acceptedAt }) => now() < acceptedAt + windowMs)
  return {
    begin(client, toTeamId) {
      transfers.set(client.consentGroup, { client, toTeamId, acceptedAt: now() })
    },
    end(client) {
      const wasOpen = open().some((transfer) => transfer.client.consentGroup === client.consentGroup)
      transfers.delete(client.consentGroup)
      return wasOpen
    },
    outgoing: ({ consentGroup }, toTeamId) =>
      open().find((transfer) => transfer.client.consentGroup === consentGroup && transfer.toTeamId === toTeamId),
    incoming: (teamId) => open().filter(({ toTeamId }) => toTeamId === teamId),
  }
}
