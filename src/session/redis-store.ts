import { grantPrefix } from './person-grants.js'
import { type Connect, connectTimeoutMs, namespace } from './server-store.js'

/** How long after a connection broke the next attempt is made, in milliseconds. */
const reconnectMs = 200

/** What listing needs of a node-redis client; its own type differs between one server, a cluster and sentinels. */
interface ScanningClient {
  scanIterator(options: { MATCH: string; COUNT: number }): AsyncIterable<string[]>
  mGet(keys: string[]): Promise<(string | null)[]>
}

/** Loads what a `redis:` URL needs. @throws Error when a package is not installed */
export async function loadRedis(): Promise<Connect> {
  const [{ Keyv }, { default: KeyvRedis }] = await Promise.all([import('keyv'), import('@keyv/redis')])

  /** Its own list asks for ten keys at a time, whosever they are, and stumbles over one that ends meanwhile. */
  class SteadyRedis extends KeyvRedis<string> {
    override async *iterator<Value>(namespace = ''): AsyncGenerator<[string, Value | undefined], void> {
      const client = (await this.getClient()) as unknown as ScanningClient
      for await (const found of client.scanIterator({ MATCH: `${namespace}::*`, COUNT: 1000 })) {
        const keys = found.filter((key) => !key.startsWith(`${namespace}::${grantPrefix}`))
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
