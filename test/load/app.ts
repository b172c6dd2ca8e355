import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import session, { MemoryStore, type Store } from 'express-session'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { appleAuth, AppleAuthError, requireAppleAuth } from '../../src/index.js'
import type { Memory, Order } from './load-app.js'

// An app as a process of its own, to be put under load: sessions in memory, Redis or PostgreSQL, the rest by APPLE_*.

const { PORT = '0', SESSION_STORE_URL = '' } = process.env

/** How often to look whether anything is still open, and how long to wait before each look, in milliseconds. */
const maxLooks = 40
const lookMs = 250

/** The app's session store, and how to let go of it. */
interface Sessions {
  readonly store: Store
  readonly close: () => Promise<unknown>
}

start().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

// The test that started it is gone.
process.on('disconnect', exit)

async function start(): Promise<void> {
  const sessions = await openSessions(SESSION_STORE_URL)
  const server = createServer()
  server.keepAliveTimeout = 600_000
  await new Promise<void>((resolve) => server.listen(Number(PORT), 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  server.on('request', createApp(sessions.store, `http://localhost:${String(port)}`))
  process.on('message', (order: Order) => {
    if (order === 'memory') process.send?.(measureMemory())
    else if (order === 'processor') process.send?.(processorSeconds())
    else void close(server, sessions)
  })
  process.send?.({ port })
}

async function openSessions(url: string): Promise<Sessions> {
  if (url.startsWith('redis')) {
    const client = createClient({ url, disableOfflineQueue: true })
    client.on('error', complain)
    await client.connect()
    return { store: new RedisStore({ client, prefix: 'session:' }), close: () => client.close() }
  }
  if (url.startsWith('postgres')) {
    const pool = new Pool({ connectionString: url, max: 5 })
    pool.on('error', complain)
    const store = new (connectPgSimple(session))({ pool, errorLog: complain })
    return {
      store,
      async close() {
        store.close()
        await pool.end()
      },
    }
  }
  return { store: new MemoryStore(), close: () => Promise.resolve() }
}

function createApp(store: Store, url: string): Express {
  const apple = appleAuth({ redirectUri: `${url}/auth/apple/callback` })
  const app = express()
  app.use(
    session({
      store,
      secret: 'the same after every start',
      resave: false,
      saveUninitialized: false,
      cookie: { sameSite: 'lax', secure: 'auto' },
    }),
  )
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  app.get('/me', (req, res) => {
    res.json({ signedIn: req.apple.isAuthenticated, sub: req.apple.user?.sub })
  })
  app.get('/private', requireAppleAuth(), (req, res) => {
    res.json({ sub: req.apple.user?.sub })
  })
  app.get('/token', async (req, res) => {
    res.json({ length: (await req.apple.getAccessToken()).length })
  })
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const known = error instanceof AppleAuthError
    if (!known || error.status >= 500) complain(error)
    res.status(known ? error.status : 500).json({ code: known ? error.code : 'unknown' })
  })
  return app
}

/** What is in use once everything that nobody refers to is gone. */
function measureMemory(): Memory {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  // What finalizers let go of in the first go is collected in the second.
  collectGarbage()
  collectGarbage()
  const { heapUsed, rss } = process.memoryUsage()
  return { heapBytes: heapUsed, rssBytes: rss }
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Closes what the app has opened itself. Then this process ends, unless something keeps it. */
async function close(server: Server, sessions: Sessions): Promise<void> {
  process.off('disconnect', exit)
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
  await sessions.close()
  let resources: string[] = []
  // What is under way, such as a revocation that is tried again, may end first.
  for (let look = 0; look < maxLooks; look++) {
    await setTimeout(lookMs)
    // Now that timer is gone, too.
    await setImmediate()
    resources = openHandles()
    if (resources.length === 0) break
  }
  process.send?.(resources, () => {
    process.disconnect()
  })
}

/** What keeps this process, as Node names it; but for its pipes, which are there from the beginning. */
function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap')
}

function exit(): void {
  process.exit()
}

/** Says what went wrong on stderr. */
function complain(error: unknown): void {
  console.error(error instanceof Error ? error.message : error)
}
