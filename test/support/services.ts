import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describeWhere } from './describe-where.js'

/** The Redis for tests: at its usual port, or where `REDIS_URL` says. */
export const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
/** The PostgreSQL for tests: at its usual port, or where `DATABASE_URL` says; its role may create databases. */
export const postgresUrl = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'
/** The program `redis-server`; undefined where it is not installed. */
export const redisServer = findProgram(searchPath(), 'redis-server')
/** The programs that make and run a PostgreSQL server; undefined where they are not installed. */
export const postgresServer = findPostgres()

/** `describe` for tests that need a Redis that answers: skipped with a word without it, failed where `CI=true`. */
export function describeWithRedis(name: string, tests: () => void): void {
  const answers = run(
    `const client = require('redis').createClient({ url: process.argv[1], socket: { reconnectStrategy: false } })
     client.on('error', () => {})
     client.connect().then(() => client.ping()).then(() => process.exit(0), () => process.exit(1))`,
    redisUrl,
  )
  const advice = 'No Redis answers: apt-get install redis-server and start it, or set REDIS_URL to where one is.'
  describeWhere(answers, advice, name, tests)
}

/** `describe` for tests that need a PostgreSQL that answers: skipped with a word without it, failed where `CI=true`. */
export function describeWithPostgres(name: string, tests: () => void): void {
  const answers = run(
    `const client = new (require('pg').Client)({ connectionString: process.argv[1], connectionTimeoutMillis: 5000 })
     client.on('error', () => {})
     client.connect().then(() => client.query('SELECT 1')).then(() => process.exit(0), () => process.exit(1))`,
    postgresUrl,
  )
  const advice =
    'No PostgreSQL answers, or not to us: apt-get install postgresql and start it, or set DATABASE_URL to where one is, ' +
    'with a role that may create databases.'
  describeWhere(answers, advice, name, tests)
}

/** `describe` for tests that start a Redis of their own. */
export function describeWithRedisServer(name: string, tests: () => void): void {
  describeWhere(redisServer !== undefined, 'redis-server is not installed: apt-get install redis-server.', name, tests)
}

/** `describe` for tests that start a PostgreSQL of their own. */
export function describeWithPostgresServer(name: string, tests: () => void): void {
  const advice = 'PostgreSQL’s initdb and postgres are not installed: apt-get install postgresql.'
  describeWhere(postgresServer !== undefined, advice, name, tests)
}

/** Jest wants to know at once which tests there are, so the server is asked by a process that this one waits for. */
function run(script: string, url: string): boolean {
  try {
    execFileSync(process.execPath, ['-e', script, url], { stdio: 'ignore', timeout: 10_000 })
    return true
  } catch {
    return false
  }
}

function searchPath(): string[] {
  return (process.env.PATH ?? '').split(delimiter)
}

function findProgram(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

function findPostgres(): { initdb: string; postgres: string } | undefined {
  // Debian keeps each version's programs in a folder of their own, the newest last.
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((one, other) => Number(other) - Number(one)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...searchPath()]
  const initdb = findProgram(folders, 'initdb')
  const postgres = findProgram(folders, 'postgres')
  return initdb === undefined || postgres === undefined ? undefined : { initdb, postgres }
}
