import { createHash } from 'node:crypto'
import type { Events } from '../events.js'
import { type ConnectionRecord, parseConnection, parseEnvelope, type SealedConnection } from './connection-record.js'
import { createGrantTokens, type GrantTokens } from './grant-tokens.js'
import { createMoveToFirstKey } from './move-to-first-key.js'
import { createSealing, type Sealing } from './sealing.js'
import type { Store } from './store.js'

/** The connected schools in the store, for one client id. Everything here rejects with AppleStoreError for a store that fails. */
export interface ConnectionRecords extends GrantTokens {
  find(organizationId: string): Promise<ConnectionRecord | SealedConnection | undefined>
  list(): AsyncIterable<ConnectionRecord | SealedConnection>
  keep(record: ConnectionRecord): Promise<void>
  /** Forgets a grant and what lies beside it; a newer one that is there by then stays. */
  forget(grant: ConnectionRecord): Promise<void>
  /** Forgets a grant that no key opens; what lies beside it ends by itself. */
  forgetSealed(connection: SealedConnection): Promise<void>
}

/**
 * Makes the register of connected schools.
 *
 * What changes while a grant is in use lies under keys of that grant's own, so that a node which still works with an old
 * grant never overwrites a newer one. Connecting and disconnecting write the school's own key, and the store knows no
 * transactions: of two that meet within one round trip to it, the later write wins. Sealed values work only under their
 * own key, and move to the first key when they are read.
 */
export function createConnectionRecords(
  store: Store,
  clientId: string,
  keys: readonly Buffer[],
  events: Events,
): ConnectionRecords {
  const school = (organizationId: string): string => digest([clientId, organizationId])
  const schoolKey = (organizationId: string): string => `connection:${school(organizationId)}`
  const sealing = (key: string) => createSealing(keys, `${key} ${clientId}`)
  const move = createMoveToFirstKey(store, events)
  const tokens = createGrantTokens(
    store,
    ({ organizationId, grantId }) => `${school(organizationId)}:${grantId}`,
    sealing,
    move,
  )

  async function find(organizationId: string): Promise<ConnectionRecord | SealedConnection | undefined> {
    const key = schoolKey(organizationId)
    const stored = (await store.get(key)) ?? ''
    const envelope = parseEnvelope(stored)
    // Another school's, put under this one's key.
    if (envelope?.organizationId !== organizationId) return undefined
    const opened = sealing(key).open(envelope.grant)
    const record = opened === undefined ? undefined : parseConnection(opened)
    if (record?.organizationId !== organizationId) {
      events.emit('unsealing_failed', { record: 'connection', organizationId })
      return { organizationId, isSealed: true }
    }
    if (!sealing(key).isCurrent(envelope.grant)) await move(key, stored, serialize(record, sealing(key)))
    return record
  }

  return {
    ...tokens,
    find,

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
      await store.set(key, serialize(record, sealing(key)))
    },

    forgetSealed: ({ organizationId }) => store.delete(schoolKey(organizationId)),

    async forget(grant) {
      // The school last: should one of these fail, it is still there to be disconnected.
      await tokens.forgetTokens(grant)
      const latest = await find(grant.organizationId)
      if (latest === undefined || 'isSealed' in latest || latest.grantId !== grant.grantId) return
      await store.delete(schoolKey(grant.organizationId))
    },
  }
}

function serialize(record: ConnectionRecord, { seal }: Sealing): string {
  return JSON.stringify({ organizationId: record.organizationId, grant: seal(JSON.stringify(record)) })
}

/** A key of constant length: some stores allow 255 characters, and an id may have as many itself. */
function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
