import { createHash } from 'node:crypto'
import {
  type AccessTokenRecord,
  type Breakage,
  type ConnectionRecord,
  parseAccessToken,
  parseBreakage,
  parseConnection,
  parseEnvelope,
  type SealedConnection,
} from './connection-record.js'
import { createSealing } from './sealing.js'
import type { Store } from './store.js'

/** The connected schools in the store, for one client id. Everything here rejects with AppleStoreError for a store that fails. */
export interface ConnectionRecords {
  find(organizationId: string): Promise<ConnectionRecord | SealedConnection | undefined>
  list(): AsyncIterable<ConnectionRecord | SealedConnection>
  keep(record: ConnectionRecord): Promise<void>
  /** Forgets a grant and what lies beside it; a newer one that is there by then stays. */
  forget(grant: ConnectionRecord): Promise<void>
  /** Forgets what lies beside a grant: its access token and its breakage. */
  forgetTokens(grant: ConnectionRecord): Promise<void>
  accessToken(grant: ConnectionRecord): Promise<AccessTokenRecord | undefined>
  keepAccessToken(grant: ConnectionRecord, token: AccessTokenRecord): Promise<void>
  breakage(grant: ConnectionRecord): Promise<Breakage | undefined>
  /** Notes that the grant is broken; undefined: that it works again. */
  noteBreakage(grant: ConnectionRecord, breakage: Breakage | undefined): Promise<void>
}

/**
 * Makes the register of connected schools.
 *
 * What changes while a grant is in use lies under keys of that grant's own, so that a node which still works with an old
 * grant never overwrites a newer one. Connecting and disconnecting write the school's own key, and the store knows no
 * transactions: of two that meet within one round trip to it, the later write wins. Sealed values work only under their
 * own key.
 */
export function createConnectionRecords(store: Store, clientId: string, keys: readonly Buffer[]): ConnectionRecords {
  const { schoolKey, accessKey, brokenKey } = keysFor(clientId)
  const sealing = (key: string) => createSealing(keys, `${key} ${clientId}`)

  async function find(organizationId: string): Promise<ConnectionRecord | SealedConnection | undefined> {
    const key = schoolKey(organizationId)
    const envelope = parseEnvelope((await store.get(key)) ?? '')
    // Another school's, put under this one's key.
    if (envelope?.organizationId !== organizationId) return undefined
    const opened = sealing(key).open(envelope.grant)
    const record = opened === undefined ? undefined : parseConnection(opened)
    return record?.organizationId === organizationId ? record : { organizationId, isSealed: true }
  }

  async function forgetTokens(grant: ConnectionRecord): Promise<void> {
    await store.delete(accessKey(grant))
    await store.delete(brokenKey(grant))
  }

  return {
    find,
    forgetTokens,

    async *list() {
      // The ids first, and then each as it is by then: a store may show an entry twice, late, or under a shortened key.
      const ids = new Set<string>()
      for await (const text of store.values()) {
        const envelope = parseEnvelope(text)
        if (envelope !== undefined) ids.add(envelope.organizationId)
      }
      for (const id of ids) {
        // Undefined for a school of another client in the same store.
        const found = await find(id)
        if (found !== undefined) yield found
      }
    },

    async keep(record) {
      const key = schoolKey(record.organizationId)
      const grant = sealing(key).seal(JSON.stringify(record))
      await store.set(key, JSON.stringify({ organizationId: record.organizationId, grant }))
    },

    async forget(grant) {
      // The school last: should one of these fail, it is still there to be disconnected.
      await forgetTokens(grant)
      const latest = await find(grant.organizationId)
      if (latest === undefined || 'isSealed' in latest || latest.grantId !== grant.grantId) return
      await store.delete(schoolKey(grant.organizationId))
    },

    async accessToken(grant) {
      const key = accessKey(grant)
      const stored = await store.get(key)
      const opened = stored === undefined ? undefined : sealing(key).open(stored)
      return opened === undefined ? undefined : parseAccessToken(opened)
    },

    async keepAccessToken(grant, token) {
      const key = accessKey(grant)
      const lifetimeMs = Math.max(1, Math.ceil(token.expiresAt * 1000 - Date.now()))
      // A refresh token that Apple has replaced is needed for as long as the connection is.
      const keptMs = token.refreshToken === undefined ? lifetimeMs : undefined
      await store.set(key, sealing(key).seal(JSON.stringify(token)), keptMs)
    },

    breakage: async (grant) => parseBreakage((await store.get(brokenKey(grant))) ?? ''),

    async noteBreakage(grant, breakage) {
      if (breakage === undefined) await store.delete(brokenKey(grant))
      else await store.set(brokenKey(grant), JSON.stringify(breakage))
    },
  }
}

/** The keys that a client's schools lie under. */
function keysFor(clientId: string) {
  const school = (organizationId: string): string => digest([clientId, organizationId])
  return {
    schoolKey: (organizationId: string): string => `connection:${school(organizationId)}`,
    accessKey: (grant: ConnectionRecord): string => `access:${school(grant.organizationId)}:${grant.grantId}`,
    brokenKey: (grant: ConnectionRecord): string => `broken:${school(grant.organizationId)}:${grant.grantId}`,
  }
}

/** A key of constant length: some stores allow 255 characters, and an id may have as many itself. */
function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
