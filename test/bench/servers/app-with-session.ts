import { RedisStore } from 'connect-redis'
import express, { type Express } from 'express'
import session, { type Store } from 'express-session'
import { createClient } from 'redis'
import type { Orders } from './serve.js'

/** An Express app with express-session as its README says, over memory or Redis: what every variant with sessions begins with. */
export async function createAppWithSession({ store }: Pick<Orders, 'store'>): Promise<Express> {
  const app = express()
  app.use(
    session({
      secret: 'bench',
      resave: false,
      saveUninitialized: false,
      ...(store === 'memory' ? {} : { store: await openRedisStore(store) }),
    }),
  )
  return app
}

async function openRedisStore(url: string): Promise<Store> {
  const client = createClient({ url })
  await client.connect()
  return new RedisStore({ client, prefix: `bench:${String(process.pid)}:` })
}
