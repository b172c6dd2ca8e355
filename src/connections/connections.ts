import { randomBytes } from 'node:crypto'
import { AppleArgumentError, AppleIdentityError } from '../errors.js'
import type { AppleOrganization } from '../roster/organization.js'
import type { AccessTokens, RosterClient } from '../roster/roster-client.js'
import type { ConnectionRecord } from '../session/connection-record.js'
import { type AppleConnection, toConnection } from './connection.js'
import type { ConnectionTokensParts } from './connection-renewal.js'
import { createConnectionTokens } from './connection-tokens.js'
import { createEndedConnections, type EndedConnections, type EndedConnectionsParts } from './ended-connections.js'

/** The connected schools, for work without a browser, on any node. */
export interface AppleConnections {
  /**
   * The Roster API of a connected school; its access tokens are renewed and kept by themselves. What it returns also
   * rejects with AppleConnectionError while the school is not connected or its connection is broken, with
   * AppleStoreError, and with AppleTokenError or AppleUnavailableError where a refresh fails for now.
   *
   * @throws AppleArgumentError for an id that is no text
   */
  roster(organizationId: string): RosterClient
  /** One connection; undefined for a school that is not connected. @throws AppleStoreError */
  get(organizationId: string): Promise<AppleConnection | undefined>
  /** Every connection of this client id, broken ones included, in no order. @throws AppleStoreError */
  list(): AsyncIterable<AppleConnection>
  /**
   * Forgets the grant, then revokes it at Apple; false when there is none. What Apple does not take back is tried again
   * later, as after a logout: `revocation_failed` tells of it.
   *
   * @throws AppleConnectionError when no key opens the connection (`sealed`): it cannot be revoked then
   * @throws AppleStoreError
   */
  disconnect(organizationId: string): Promise<boolean>
}

/** What a Data Sharing login brought. */
export interface Grant {
  readonly organizationId: string
  readonly organization: AppleOrganization | undefined
  readonly iss: string | undefined
  readonly sub: string | undefined
  readonly scope: string
  readonly refreshToken: string | undefined
  readonly accessToken: string
  /** Seconds since 1970. */
  readonly accessTokenExpiresAt: number
  /** Seconds since 1970, by Apple's clock where an id_token tells it. */
  readonly connectedAt: number
}

/** The same for this package's own routes, which connect and disconnect schools. */
export interface Connections extends AppleConnections, EndedConnections {
  /** Connects a school; takes the place of an older grant. @throws AppleStoreError */
  keep(grant: Grant): Promise<void>
}

/** What connections are made of. */
export interface ConnectionsParts extends ConnectionTokensParts, EndedConnectionsParts {
  readonly createRoster: (accessTokens: AccessTokens) => RosterClient
}

/** Wires the connections of one instance. */
export function createConnections(parts: ConnectionsParts): Connections {
  const { records, events, createRoster } = parts
  const ended = createEndedConnections(parts)
  return {
    ...ended,

    async disconnect(organizationId) {
      requireId(organizationId)
      return await ended.disconnect(organizationId)
    },

    roster(organizationId) {
      requireId(organizationId)
      return forSchool(createRoster(createConnectionTokens(parts, organizationId)), organizationId)
    },

    async get(organizationId) {
      requireId(organizationId)
      const record = await records.find(organizationId)
      if (record === undefined) return undefined
      return toConnection(record, 'isSealed' in record ? undefined : await records.breakage(record))
    },

    async *list() {
      for await (const record of records.list()) {
        yield toConnection(record, 'isSealed' in record ? undefined : await records.breakage(record))
      }
    },

    async keep({ accessToken, accessTokenExpiresAt, organization, ...grant }) {
      const before = await records.find(grant.organizationId)
      const record: ConnectionRecord = {
        ...grant,
        grantId: randomBytes(16).toString('base64url'),
        keptAt: Date.now(),
        organization: organization && JSON.stringify(organization),
      }
      // The token first: whoever finds the grant finds it too.
      await records.keepAccessToken(record, { accessToken, expiresAt: accessTokenExpiresAt })
      await records.keep(record)
      if (before === undefined || 'isSealed' in before) return
      await records.forgetTokens(before).catch((error: unknown) => {
        events.note('what was kept beside an older grant could not be forgotten', error)
      })
    },
  }
}

/** A client whose answers are about this school, or none. */
function forSchool(client: RosterClient, organizationId: string): RosterClient {
  return {
    ...client,
    async organization(options) {
      const organization = await client.organization(options)
      if (organization.id === organizationId) return organization
      throw new AppleIdentityError('The Roster API names another organization than the connection.', {
        details: { connected: organizationId, read: organization.id },
      })
    },
  }
}

/** Most often the `organizationId` of somebody who belongs to no school. */
function requireId(organizationId: unknown): void {
  if (typeof organizationId === 'string' && organizationId !== '') return
  throw new AppleArgumentError(
    'connections take the id of an organization as text; for people without a school there is none.',
  )
}
