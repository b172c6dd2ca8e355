import type { StoreConfig } from '../config/store.js'
import { AppleStoreError } from '../errors.js'
import { createMemoryStore } from './memory-store.js'
import { loadPostgres } from './postgres-store.js'
import { loadRedis } from './redis-store.js'
import type { OpenStore } from './store.js'
import type { ServerStore } from './server-store.js'
import { failuresOf } from './store-failures.js'

/**
 * Gives the configured store: the app's own, the one behind the URL, or this process's memory. `name` is what errors
 * call it; `warn` hears at once of packages that are missing.
 */
export function openStore(
  { store, storeUrl }: StoreConfig,
  name: string,
  warn: (message: string) => void,
): StoreOpener {
  if (storeUrl !== undefined) return openStoreAt(storeUrl, name, warn)
  const known = store ?? createMemoryStore()
  failuresOf(known)
  return { open: () => Promise.resolve(known), close: () => Promise.resolve() }
}

/** Opens a store when it is needed, and lets go of it. */
export interface StoreOpener {
  readonly open: OpenStore
  /** Lets go of the connection to a server, where this package made one; the app's own store stays open. Never rejects. */
  readonly close: () => Promise<void>
}

/**
 * Gives the store behind a `redis:`, `rediss:`, `postgres:` or `postgresql:` URL.
 *
 * Nothing is connected before the first use. An opening that fails is tried again at the next use, so that an app may
 * start before its server.
 *
 * @throws AppleStoreError (from the returned function) when a package is missing or the server does not answer
 */
function openStoreAt(url: string, name: string, warn: (message: string) => void): StoreOpener {
  const loading = url.startsWith('redis')
    ? needs(loadRedis, 'keyv @keyv/redis', name)
    : needs(loadPostgres, 'keyv @keyv/postgres pg', name)
  loading.catch((error: unknown) => {
    if (error instanceof AppleStoreError) warn(error.message)
  })
  let opened: Promise<ServerStore> | undefined

  async function connectAndAsk(): Promise<ServerStore> {
    const connect = await loading
    const store = connect(url)
    const failures = failuresOf(store)
    try {
      // Some adapters prepare themselves once, when they are made: a first question finds out whether that worked.
      await store.get('opened')
      return store
    } catch (error) {
      // Or it would go on trying to connect, beside the next one.
      await store.disconnect().catch(() => undefined)
      // Some adapters throw a sentence of their own and tell the reason by an event.
      throw failures.latest ?? error
    }
  }

  return {
    open() {
      opened ??= connectAndAsk().catch((error: unknown) => {
        opened = undefined
        throw error
      })
      return opened
    },

    async close() {
      const store = await opened?.catch(() => undefined)
      opened = undefined
      await store?.disconnect().catch(() => undefined)
    },
  }
}

async function needs<T>(load: () => Promise<T>, packages: string, name: string): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new AppleStoreError(`The ${name} cannot be loaded. It needs packages of its own: npm install ${packages}.`, {
      status: 500,
      cause,
    })
  }
}
