import type { RevocationUnderWay, Revocations } from '../revocations/revocations.js'
import type { AccessTokenRecord, ConnectionRecord } from '../session/connection-record.js'
import { type ConnectionTokensParts, sealedError } from './connection-renewal.js'

/** The ways in which a school's connection ends. Everything here rejects with AppleStoreError. */
export interface EndedConnections {
  /**
   * Forgets the grant, then revokes it at Apple; false when there is none.
   *
   * @throws AppleConnectionError when no key opens it
   */
  disconnect(organizationId: string): Promise<boolean>
  /** Forgets a grant that a logout has revoked; a newer one stays. @throws AppleStoreError */
  release(organizationId: string, revoked: RevokedTokens): Promise<void>
  /**
   * Forgets a grant that the organization has taken back, unless it was made after that time (milliseconds since 1970).
   *
   * @throws AppleStoreError
   */
  forgetRevoked(organizationId: string, until: number): Promise<void>
  /** Was the school connected after that time (milliseconds since 1970, by our clock)? @throws AppleStoreError */
  isNewerThan(organizationId: string, time: number): Promise<boolean>
}

/** The tokens that a logout has revoked. */
export interface RevokedTokens {
  readonly refreshToken?: string | undefined
  readonly accessToken: string
}

/** What ending a connection needs. */
export interface EndedConnectionsParts extends Pick<ConnectionTokensParts, 'records' | 'events'> {
  readonly revocations: Revocations
}

/** Wires what ends connections. */
export function createEndedConnections(parts: EndedConnectionsParts): EndedConnections {
  const { records, events } = parts
  return {
    async disconnect(organizationId) {
      const record = await records.find(organizationId)
      if (record === undefined) return false
      if ('isSealed' in record) throw sealedError(organizationId)
      const owed = await owe(parts, record)
      try {
        await records.forget(record)
      } catch (error) {
        await owed?.withdraw()
        throw error
      }
      events.emit('disconnected', { organizationId })
      await owed?.send()
      return true
    },

    async release(organizationId, revoked) {
      const record = await records.find(organizationId)
      if (record === undefined || 'isSealed' in record) return
      if (!isGrantOf(revoked, record, await records.accessToken(record))) return
      await records.forget(record)
      events.emit('disconnected', { organizationId })
    },

    async forgetRevoked(organizationId, until) {
      const record = await records.find(organizationId)
      if (record === undefined) return
      if ('isSealed' in record) await records.forgetSealed(record)
      else if (record.connectedAt * 1000 > until) return
      else await records.forget(record)
      events.emit('disconnected', { organizationId })
    },

    async isNewerThan(organizationId, time) {
      const record = await records.find(organizationId)
      return record !== undefined && !('isSealed' in record) && record.keptAt > time
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

/** Writes down that this grant is to be revoked; undefined where no token of it is left. */
async function owe(
  { records, revocations }: EndedConnectionsParts,
  record: ConnectionRecord,
): Promise<RevocationUnderWay | undefined> {
  const kept = await records.accessToken(record)
  const refreshToken = kept?.refreshToken ?? record.refreshToken
  if (refreshToken === undefined && kept === undefined) return undefined
  return revocations.owe({
    refreshToken,
    accessToken: kept?.accessToken ?? '',
    accessTokenExpiresAt: kept?.expiresAt ?? 0,
    sub: record.sub,
    organizationId: record.organizationId,
  })
}
