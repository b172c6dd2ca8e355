import {
  type AccessTokenRecord,
  type Breakage,
  type ConnectionRecord,
  parseAccessToken,
  parseBreakage,
} from './connection-record.js'
import type { MoveToFirstKey } from './move-to-first-key.js'
import type { Sealing } from './sealing.js'
import type { Store } from './store.js'

/** What lies beside a connected school's grant in the store, under keys of that grant's own. Rejects with AppleStoreError. */
export interface GrantTokens {
  accessToken(grant: ConnectionRecord): Promise<AccessTokenRecord | undefined>
  keepAccessToken(grant: ConnectionRecord, token: AccessTokenRecord): Promise<void>
  breakage(grant: ConnectionRecord): Promise<Breakage | undefined>
  /** Notes that the grant is broken; undefined: that it works again. */
  noteBreakage(grant: ConnectionRecord, breakage: Breakage | undefined): Promise<void>
  /** Forgets all of it. */
  forgetTokens(grant: ConnectionRecord): Promise<void>
}

/** Makes the register; `nameOf` gives the part of the keys that tells grants apart. */
export function createGrantTokens(
  store: Store,
  nameOf: (grant: ConnectionRecord) => string,
  sealing: (key: string) => Sealing,
  move: MoveToFirstKey,
): GrantTokens {
  const accessKey = (grant: ConnectionRecord): string => `access:${nameOf(grant)}`
  const brokenKey = (grant: ConnectionRecord): string => `broken:${nameOf(grant)}`

  return {
    async accessToken(grant) {
      const key = accessKey(grant)
      const stored = await store.get(key)
      const opened = stored === undefined ? undefined : sealing(key).open(stored)
      const token = opened === undefined ? undefined : parseAccessToken(opened)
      if (stored === undefined || opened === undefined || token === undefined) return undefined
      // One with a refresh token of its own waits for the next renewal: moving must not overwrite what that brings.
      const mayMove = token.refreshToken === undefined && !sealing(key).isCurrent(stored)
      if (mayMove) await move(key, stored, sealing(key).seal(opened), lifeOf(token))
      return token
    },

    async keepAccessToken(grant, token) {
      const key = accessKey(grant)
      await store.set(key, sealing(key).seal(JSON.stringify(token)), lifeOf(token))
    },

    breakage: async (grant) => parseBreakage((await store.get(brokenKey(grant))) ?? ''),

    async noteBreakage(grant, breakage) {
      if (breakage === undefined) await store.delete(brokenKey(grant))
      else await store.set(brokenKey(grant), JSON.stringify(breakage))
    },

    async forgetTokens(grant) {
      await store.delete(accessKey(grant))
      await store.delete(brokenKey(grant))
    },
  }
}

/** How long an access token is kept, in milliseconds; undefined for as long as its connection is. */
function lifeOf({ expiresAt, refreshToken }: AccessTokenRecord): number | undefined {
  // A refresh token that Apple has replaced is in no other place.
  return refreshToken === undefined ? Math.max(1, Math.ceil(expiresAt * 1000 - Date.now())) : undefined
}
