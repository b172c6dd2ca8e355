import { randomBytes } from 'node:crypto'
import type { AppleClient } from '../apple/client.js'
import { AppleArgumentError, AppleIdentityError } from '../errors.js'
import type { AppleOrganization } from '../roster/organization.js'
import type { AccessTokens, RosterClient } from '../roster/roster-client.js'
import type { AccessTokenRecord, ConnectionRecord } from '../session/connection-record.js'
import { type AppleConnection, toConnection } from './connection.js'
import { type ConnectionTokensParts, sealedError } from './connection-renewal.js'
import { createConnectionTokens } from './connection-tokens.js'

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
   * Revokes the grant at Apple, then forgets it; false when there is none.
   *
   * @throws AppleUnavailableError, AppleTokenError when Apple did not take it back; then the school stays connected
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
}

/** The same for this package's own routes, which connect and disconnect schools. */
export interface Connections extends AppleConnections {
  /** Connects a school; takes the place of an older grant. @throws AppleStoreError */
  keep(grant: Grant): Promise<void>
  /** Forgets a grant that a logout has revoked; a newer one stays. @throws AppleStoreError */
  release(organizationId: string, revoked: RevokedTokens): Promise<void>
}

/** The tokens that a logout has revoked. */
export interface RevokedTokens {
  readonly refreshToken?: string | undefined
  readonly accessToken: string
}

/** What connections are made of. */
export interface ConnectionsParts extends ConnectionTokensParts {
  readonly client: AppleClient
  readonly createRoster: (accessTokens: AccessTokens) => RosterClient
}

/** Wires the connections of one instance. */
export function createConnections(parts: ConnectionsParts): Connections {
  const { records, events, createRoster } = parts
  return {
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

    async disconnect(organizationId) {
      requireId(organizationId)
      const record = await records.find(organizationId)
      if (record === undefined) return false
      if ('isSealed' in record) throw sealedError(organizationId)
      await revoke(parts, record)
      await records.forget(record)
      events.emit('disconnected', { organizationId })
      return true
    },

    async keep({ accessToken, accessTokenExpiresAt, organization, ...grant }) {
      const before = await records.find(grant.organizationId)
      const record: ConnectionRecord = {
        ...grant,
        grantId: randomBytes(16).toString('base64url'),
        connectedAt: Math.floor(Date.now() / 1000),
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

    async release(organizationId, revoked) {
      const record = await records.find(organizationId)
      if (record === undefined || 'isSealed' in record) return
      if (!isGrantOf(revoked, record, await records.accessToken(record))) return
      await records.forget(record)
      events.emit('disconnected', { organizationId })
    },
  }
}

/** Do these tokens belong to this grant? Two administrators of one school have a grant each. */
function isGrantOf(
  { refreshToken, accessToken }: RevokedTokens,
  record: ConnectionRecord,
  kept: AccessTokenRecord | undefined,
): boolean {
  if (refreshToken === undefined) return accessToken === kept?.accessToken
  return refreshToken === record.refreshToken || refreshToken === kept?.refreshToken
}

/** Revokes what there is: the refresh token, else the access token. */
async function revoke({ records, client }: ConnectionsParts, record: ConnectionRecord): Promise<void> {
  const kept = await records.accessToken(record)
  const refreshToken = kept?.refreshToken ?? record.refreshToken
  if (refreshToken !== undefined) await client.revoke(refreshToken, 'refresh_token')
  else if (kept !== undefined) await client.revoke(kept.accessToken, 'access_token')
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
