import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { createClient } from 'redis'
import { postgresUrl, redisUrl } from '../support/services.js'

/** An empty database for one test, at a server that others use too. */
export interface Database {
  readonly url: string
  /** Removes it with all that is in it. */
  remove(): Promise<void>
}

/** Stands in every Redis database that these tests use; the second as long as one is at work there. */
const markKey = 'tests-of-express-apple-auth'
const claimKey = `${markKey}:at-work`
const claimLife = { type: 'EX', value: 600 } as const
const redisDatabases = 16

/** Connects to a Redis, or fails at once. */
export async function openRedis(url: string) {
  const client = createClient({ url, socket: { reconnectStrategy: false } })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Connects to a PostgreSQL, or fails at once. */
export async function openPostgres(url: string) {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return { query: (text: string) => client.query(text), close: () => client.end() }
}

/** Takes one of Redis's numbered databases that is empty, or was left behind by a test that broke off; the last first. */
export async function claimRedisDatabase(): Promise<Database> {
  for (let index = redisDatabases - 1; index > 0; index--) {
    const url = `${redisUrl.replace(/\/\d*$/, '')}/${String(index)}`
    const client = await openRedis(url)
    try {
      if ((await client.dbSize()) > 0 && (await client.exists(markKey)) === 0) continue
      if ((await client.set(claimKey, 'in use', { condition: 'NX', expiration: claimLife })) !== 'OK') continue
      await client.multi().flushDb().set(claimKey, 'in use', { expiration: claimLife }).set(markKey, '').exec()
      return { url, remove: () => flushRedis(url) }
    } finally {
      await client.close()
    }
  }
  throw new Error(`Every numbered database of ${new URL(redisUrl).host} has something in it: empty one with FLUSHDB.`)
}

async function flushRedis(url: string): Promise<void> {
  const client = await openRedis(url)
  await client.flushDb()
  await client.close()
}

/** Makes a database of a new name, with a table for sessions. */
export async function createPostgresDatabase(): Promise<Database> {
  const name = `express_apple_auth_${randomBytes(6).toString('hex')}`
  const url = new URL(postgresUrl)
  url.pathname = `/${name}`
  await onPostgres(postgresUrl, `CREATE DATABASE ${name}`)
  await createSessionTable(url.href)
  return { url: url.href, remove: () => onPostgres(postgresUrl, `DROP DATABASE ${name} WITH (FORCE)`) }
}

/** Names this lock among all of a PostgreSQL server. */
const clusterLock = 162_704_411

/**
 * The same for a cluster, of which there is one at a time: the pools of four nodes may take up more than half of the
 * connections that a server has by default. Waits for the others.
 */
export async function claimPostgresForCluster(): Promise<Database> {
  const lock = await openPostgres(postgresUrl)
  await lock.query(`SELECT pg_advisory_lock(${String(clusterLock)})`)
  const database = await createPostgresDatabase()
  return {
    url: database.url,
    async remove() {
      await database.remove()
      await lock.close()
    },
  }
}

/** Makes connect-pg-simple's table: four nodes that did so at the same moment would meet. */
export async function createSessionTable(url: string): Promise<void> {
  await onPostgres(url, await readFile(require.resolve('connect-pg-simple/table.sql'), 'utf8'))
}

async function onPostgres(url: string, statement: string): Promise<void> {
  const client = await openPostgres(url)
  try {
    await client.query(statement)
  } finally {
    await client.close()
  }
}
