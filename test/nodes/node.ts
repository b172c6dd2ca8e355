import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express'
import session, { type Store } from 'express-session'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { appleAuth, AppleAuthError, requireAppleAuth } from '../../src/index.js'

// One node of many, as a process of its own: an app with sessions in Redis or PostgreSQL, for people and for schools.

const { NODE_NAME = 'node', SESSION_STORE_URL = '' } = process.env

start().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

// The test that started it is gone.
process.on('disconnect', () => process.exit())

async function start(): Promise<void> {
  const app = createApp(await openSessionStore(SESSION_STORE_URL))
  const server = createServer(app)
  // Longer than the proxy keeps a connection, or it would send a request into one that is being closed.
  server.keepAliveTimeout = 600_000
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    process.send?.({ port: typeof address === 'object' ? address?.port : undefined })
  })
}

/** A server that is down makes requests fail at once instead of waiting for it. */
async function openSessionStore(url: string): Promise<Store> {
  if (url.startsWith('redis')) {
    const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 100 } })
    client.on('error', complain)
    await client.connect()
    return new RedisStore({ client, prefix: 'session:' })
  }
  const pool = new Pool({ connectionString: url, max: 5, connectionTimeoutMillis: 3000 })
  pool.on('error', complain)
  return new (connectPgSimple(session))({ pool, errorLog: complain })
}

function createApp(store: Store): Express {
  const told: string[] = []
  const apple = appleAuth({ onNotification: ({ notificationId }) => void told.push(notificationId) })
  const school = appleAuth({ name: 'school', envPrefix: 'APPLE_SCHOOL_' })
  const app = express()
  app.set('trust proxy', 1)
  app.use((_req, res, next) => {
    res.setHeader('X-Node', NODE_NAME)
    next()
  })
  app.use(createSessions(store))
  app.use(apple.attach(), school.attach())
  app.use('/auth/apple', apple.router())
  app.use('/auth/school', school.router())
  app.get('/me', (req, res) => {
    res.json({ signedIn: req.apple.isAuthenticated, sub: req.apple.user?.sub })
  })
  app.get('/private', requireAppleAuth(), (req, res) => {
    res.json({ sub: req.apple.user?.sub })
  })
  app.get('/told', (_req, res) => {
    res.json(told)
  })
  app.get('/token', async (req, res) => {
    const token = await req.apple.getAccessToken()
    res.json({ token: createHash('sha256').update(token.slice(-6)).digest('base64url') })
  })
  app.get('/schools', async (_req, res) => {
    const schools = []
    for await (const { organizationId } of school.connections.list()) schools.push(organizationId)
    res.json({ schools })
  })
  app.get('/school/:id', async (req, res) => {
    const connection = await school.connections.get(req.params.id)
    if (connection === undefined) {
      res.status(404).json({ school: undefined })
      return
    }
    const { name } = await school.connections.roster(req.params.id).organization()
    res.json({ status: connection.status, name })
  })
  app.post('/school/:id/disconnect', async (req, res) => {
    res.json({ disconnected: await school.connections.disconnect(req.params.id) })
  })
  app.use(answerError)
  return app
}

function createSessions(store: Store): RequestHandler {
  const sessions = session({
    store,
    secret: 'the same on every node',
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax', secure: 'auto' },
  })
  return function readSession(req, res, next) {
    sessions(req, res, (error?: unknown) => {
      // express-session also passes on what fails after the answer. Express would then break the connection, and with it
      // whatever request the proxy has just sent along it.
      if (res.headersSent) complain(error)
      else next(error)
    })
  }
}

function answerError(error: unknown, _req: Request, res: Response, _next: NextFunction): void {
  complain(error)
  if (error instanceof AppleAuthError) res.status(error.status).json({ code: error.code })
  else res.status(500).json({ code: 'unknown' })
}

let latest = ''

/** Says what went wrong on stderr, the same thing once until it is another. */
function complain(error: unknown): void {
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  const text = `${NODE_NAME}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`
  if (text !== latest) console.error(text)
  latest = text
}
