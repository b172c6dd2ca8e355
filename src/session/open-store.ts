import type { AppleStore } from '../config/options.js'
import type { StoreConfig } from '../config/store.js'
import { AppleStoreError } from '../errors.js'
import { createMemoryStore } from './memory-store.js'
import type { OpenStore } from './store.js'
import { failuresOf } from './store-failures.js'

/** Everything of ours lies below this name, so that the server may hold other things too. */
const namespace = 'express-apple-auth'
/** How long a server may take to accept a connection, in milliseconds. */
const connectTimeoutMs = 3000
/** How long after a connection broke the next attempt is made, in milliseconds. */
const reconnectMs = 200

/** A store that holds connections to a server. */
interface ServerStore extends AppleStore {
  disconnect(): Promise<void>
}

/** Makes a store at a URL; its packages have been loaded by then. */
type Connect = (url: string) => ServerStore

/**
 * Gives the configured store: the app's own, the one behind the URL, or this process's memory. `name` is what errors
 * call it; `warn` hears at once of packages that are missing.
 */
export function openStore({ store, storeUrl }: StoreConfig, name: string, warn: (message: string) => void): OpenStore {
  if (storeUrl !== undefined) return openStoreAt(storeUrl, name, warn)
  const known = store ?? createMemoryStore()
  failuresOf(known)
  return () => Promise.resolve(known)
}

/**
 * Gives the store behind a `redis:`, `rediss:`, `postgres:` or `postgresql:` URL.
 *
 * Nothing is connected before the first use. An opening that fails is tried again at the next use, so that an app may
 * start before its server.
 *
 * @throws AppleStoreError (from the returned function) when a package is missing or the server does not answer
 */
function openStoreAt(url: string, name: string, warn: (message: string) => void): OpenStore {
  const loading = url.startsWith('redis')
    ? needs(loadRedis, 'keyv @keyv/redis', name)
    : needs(loadPostgres, 'keyv @keyv/postgres pg', name)
  loading.catch((error: unknown) => {
    if (error instanceof AppleStoreError) warn(error.message)
  })
  let opened: Promise<AppleStore> | undefined

  async function open(): Promise<AppleStore> {
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

  return function openStore() {
    opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
}

/** What listing needs of a node-redis client; its own type differs between one server, a cluster and sentinels. */
interface ScanningClient {
  scanIterator(options: { MATCH: string; COUNT: number }): AsyncIterable<string[]>
  mGet(keys: string[]): Promise<(string | null)[]>
}

async function loadRedis(): Promise<Connect> {
  const [{ Keyv }, { default: KeyvRedis }] = await Promise.all([import('keyv'), import('@keyv/redis')])

  /** Its own list asks for ten keys at a time, whosever they are, and stumbles over one that ends meanwhile. */
  class SteadyRedis extends KeyvRedis<string> {
    override async *iterator<Value>(namespace = ''): AsyncGenerator<[string, Value | undefined], void> {
      const client = (await this.getClient()) as unknown as ScanningClient
      for await (const keys of client.scanIterator({ MATCH: `${namespace}::*`, COUNT: 1000 })) {
        const values = keys.length === 0 ? [] : await client.mGet(keys)
        for (const [index, value] of values.entries()) {
          if (value !== null) yield [this.getKeyWithoutPrefix(keys[index] ?? '', namespace), value as Value]
        }
      }
    }
  }

  return (url) => {
    let wasThere = false
    // The first attempt says at once whether anybody is there; a server that was there will be there again.
    const reconnectStrategy = (): number | false => (wasThere ? reconnectMs : false)
    const adapter = new SteadyRedis(
      // Without the queue a request fails at once while the server is down, instead of waiting for it.
      { url, disableOfflineQueue: true, socket: { connectTimeout: connectTimeoutMs, reconnectStrategy } },
      { throwOnConnectError: true, throwOnErrors: true },
    )
    adapter.client.once('ready', () => {
      wasThere = true
    })
    // A script ends when its work is done; a question under way keeps it alive by its deadline's timer.
    if ('unref' in adapter.client) void adapter.client.unref()
    // The adapter puts the namespace before each key; Keyv would do so once more.
    return new Keyv({ store: adapter, namespace, useKeyPrefix: false, throwOnErrors: true })
  }
}

async function loadPostgres(): Promise<Connect> {
  const [{ Keyv }, { default: KeyvPostgres }, { default: pg }] = await Promise.all([
    import('keyv'),
    import('@keyv/postgres'),
    import('pg'),
  ])

  return (url) => {
    const pool = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      allowExitOnIdle: true,
    })

    /** Its own pool has no listener for connections that break, and ends the process when the server restarts. */
    class SteadyPostgres extends KeyvPostgres {
      override connect() {
        return Promise.resolve(
          async (sql: string, values?: unknown[]) => (await pool.query<Record<string, unknown>>(sql, values)).rows,
        )
      }

      override disconnect() {
        return pool.end()
      }
    }

    const adapter = new SteadyPostgres({ uri: url, table: 'express_apple_auth', iterationLimit: 500 })
    pool.on('error', (error) => adapter.emit('error', error))
    return new Keyv({ store: adapter, namespace, throwOnErrors: true })
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
