import type { AppleStore } from 'express-apple-auth'
import type { Store } from 'express-session'
import { SettingError } from '../settings.js'
import { openFolders } from './folders.js'
import { openPostgres } from './postgres.js'
import { openRedis } from './redis.js'

/** All that the app keeps. */
export interface Stores {
  /** Browser sessions. */
  readonly sessions: Store
  /** The connected schools: the package's option `store`. */
  readonly apple: AppleStore | string
  /** The app's own data. */
  readonly shelf: Shelf
  /** Lets go of files and connections. */
  close(): Promise<void>
}

/** Texts of the app's own, by key. A real app has the tables of its database here. */
export interface Shelf {
  get(key: string): Promise<string | undefined>
  set(key: string, text: string): Promise<void>
  delete(key: string): Promise<void>
}

/**
 * Opens Redis where `REDIS_URL` is set, PostgreSQL where `DATABASE_URL` is, and else files in the data folder, which
 * serve one process on one machine.
 *
 * @throws SettingError for both at once, for a URL that begins otherwise, and for a server that does not answer
 */
export async function openStores(): Promise<Stores> {
  const { REDIS_URL, DATABASE_URL } = process.env
  if (REDIS_URL && DATABASE_URL) {
    throw new SettingError(
      'REDIS_URL and DATABASE_URL are both set: the app keeps everything in one of them, so remove the other.',
    )
  }
  if (REDIS_URL) return openRedis(requireBeginning('REDIS_URL', REDIS_URL, ['redis://', 'rediss://']))
  if (DATABASE_URL) {
    return openPostgres(requireBeginning('DATABASE_URL', DATABASE_URL, ['postgres://', 'postgresql://']))
  }
  return openFolders()
}

function requireBeginning(variable: string, url: string, beginnings: readonly string[]): string {
  if (beginnings.some((beginning) => url.startsWith(beginning))) return url
  throw new SettingError(`${variable} must begin with ${beginnings.join(' or ')}.`)
}
