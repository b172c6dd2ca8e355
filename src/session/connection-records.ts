import { createHash } from 'node:crypto'
import {
  type AccessTokenRecord,
  type Breakage,
  type ConnectionRecord,
  isAccessToken,
  isBreakage,
  isConnection,
  parseObject,
  type SealedConnection,
} from './connection-record.js'
import { createSealing } from './sealing.js'
import type { Store } from './store.js'

/** The connected schools in the store, for one client id. */
export interface ConnectionRecords {
  find(organizationId: string): Promise<ConnectionRecord | SealedConnection | undefined>
  list(): AsyncIterable<ConnectionRecord | SealedConnection>
  keep(record: ConnectionRecord): Promise<void>
  /** Forgets the school, unless another grant has taken this one's place meanwhile. */
  forget(grant: ConnectionRecord | SealedConnection): Promise<void>
  /** Forgets what lies beside a grant: its access token and its breakage. */
  forgetTokens(grant: ConnectionRecord): Promise<void>
  accessToken(grant: ConnectionRecord): Promise<AccessTokenRecord | undefined>
  keepAccessToken(grant: ConnectionRecord, token: AccessTokenRecord): Promise<void>
  breakage(grant: ConnectionRecord): Promise<Breakage | undefined>
  /** Notes that the grant is broken; undefined: that it works again. */
  noteBreakage(grant: ConnectionRecord, breakage: Breakage | undefined): Promise<void>
}

const prefix = 'connection:'

/**
 * Makes the register of connected schools.
 *
 * What changes while a grant is in use lies under keys of that grant's own, so that a node which still works with an old
 * grant can never overwrite a newer one: the store knows no transactions. Sealed values work only under their own key.
 */
export function createConnectionRecords(store: Store, clientId: string, keys: readonly Buffer[]): ConnectionRecords {
  const { schoolKey, accessKey, brokenKey } = keysFor(clientId)
  const sealing = (key: string) => createSealing(keys, `${key} ${clientId}`)

  function parse(key: string, stored: string): ConnectionRecord | SealedConnection | undefined {
    const envelope = parseObject(stored)
    const { organizationId, grant } = envelope ?? {}
    // Another client's, or put under another school's key.
    if (typeof organizationId !== 'string' || typeof grant !== 'string') return undefined
    if (key !== schoolKey(organizationId)) return undefined
    const opened = sealing(key).open(grant)
    const record = opened === undefined ? undefined : parseObject(opened)
    if (!isConnection(record) || record.organizationId !== organizationId) return { organizationId, isSealed: true }
    return record
  }

  async function find(organizationId: string): Promise<ConnectionRecord | SealedConnection | undefined> {
    const key = schoolKey(organizationId)
    const stored = await store.get(key)
    return stored === undefined ? undefined : parse(key, stored)
  }

  async function forgetTokens(grant: ConnectionRecord): Promise<void> {
    await store.delete(accessKey(grant))
    await store.delete(brokenKey(grant))
  }

  return {
    find,

    async *list() {
      const seen = new Set<string>()
      for await (const [key, stored] of store.entries(prefix)) {
        // A store may show an entry twice when it is written to meanwhile.
        if (seen.has(key)) continue
        seen.add(key)
        const found = parse(key, stored)
        if (found !== undefined) yield found
      }
    },

    async keep(record) {
      const key = schoolKey(record.organizationId)
      const grant = sealing(key).seal(JSON.stringify(record))
      await store.set(key, JSON.stringify({ organizationId: record.organizationId, grant }))
    },

    async forget(grant) {
      const latest = await find(grant.organizationId)
      if (grantIdOf(latest) === grantIdOf(grant)) await store.delete(schoolKey(grant.organizationId))
      if (!('isSealed' in grant)) await forgetTokens(grant)
    },

    forgetTokens,

    async accessToken(grant) {
      const key = accessKey(grant)
      const stored = await store.get(key)
      const opened = stored === undefined ? undefined : sealing(key).open(stored)
      const record = opened === undefined ? undefined : parseObject(opened)
      return isAccessToken(record) ? record : undefined
    },

    async keepAccessToken(grant, token) {
      const key = accessKey(grant)
      const lifetimeMs = Math.max(1, Math.ceil(token.expiresAt * 1000 - Date.now()))
      // A refresh token that Apple has replaced is needed for as long as the connection is.
      const keptMs = token.refreshToken === undefined ? lifetimeMs : undefined
      await store.set(key, sealing(key).seal(JSON.stringify(token)), keptMs)
    },

    async breakage(grant) {
      const stored = await store.get(brokenKey(grant))
      const record = stored === undefined ? undefined : parseObject(stored)
      return isBreakage(record) ? record : undefined
    },

    async noteBreakage(grant, breakage) {
      if (breakage === undefined) await store.delete(brokenKey(grant))
      else await store.set(brokenKey(grant), JSON.stringify(breakage))
    },
  }
}

function grantIdOf(record: ConnectionRecord | SealedConnection | undefined): string | undefined {
  return record === undefined || 'isSealed' in record ? undefined : record.grantId
}

/** The keys that a client's schools lie under. */
function keysFor(clientId: string) {
  const school = (organizationId: string): string => digest([clientId, organizationId])
  return {
    schoolKey: (organizationId: string): string => `${prefix}${school(organizationId)}`,
    accessKey: (grant: ConnectionRecord): string => `access:${school(grant.organizationId)}:${grant.grantId}`,
    brokenKey: (grant: ConnectionRecord): string => `broken:${school(grant.organizationId)}:${grant.grantId}`,
  }
}

/** A key of constant length: some stores allow 255 characters, and an id may have as many itself. */
function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
