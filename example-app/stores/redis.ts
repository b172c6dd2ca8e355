import { once } from 'node:events'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { Stores } from './stores.js'
import { unreachable } from './unreachable.js'

const prefix = 'school-app:'

/** Keeps everything in Redis. @throws SettingError when it does not answer */
export async function openRedis(url: string): Promise<Stores> {
  const client = await connect(url)
  return {
    sessions: new RedisStore({ client, prefix: `${prefix}session:` }),
    apple: url,
    shelf: {
      get: async (key) => (await client.get(prefix + key)) ?? undefined,
      async set(key, text) {
        await client.set(prefix + key, text)
      },
      async delete(key) {
        await client.del(prefix + key)
      },
    },
    close: () => client.close(),
  }
}

async function connect(url: string) {
  try {
    // Without the queue requests fail at once while Redis is down, instead of waiting for it.
    const client = createClient({ url, disableOfflineQueue: true })
    // Without a listener an error ends the process; the client connects again by itself.
    client.on('error', (error: Error) => {
      console.error(`Redis: ${error.message}`)
    })
    const ready = once(client, 'ready')
    client.connect().catch(() => undefined)
    await ready.catch((error: unknown) => {
      client.destroy()
      throw error
    })
    return client
  } catch (error) {
    throw unreachable('REDIS_URL', 'Redis', error)
  }
}
