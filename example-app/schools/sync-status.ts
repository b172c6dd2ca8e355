import { AppleAuthError } from 'express-apple-auth'
import type { Shelf } from '../stores/stores.js'
import type { Progress } from './school-copy.js'

/** How reading a school stands. Times are ISO 8601. */
export interface SyncStatus {
  /** A reading that has begun and not ended. */
  readonly running?: Progress & { readonly startedAt: string; readonly seenAt: string }
  /** The last reading that came to its end: what the pages show. */
  readonly done?: Progress & { readonly startedAt: string; readonly endedAt: string }
  /** Why the latest reading did not come to its end. */
  readonly failed?: { readonly at: string; readonly message: string; readonly code: string }
}

/** A reading that has not been heard of for so many milliseconds was cut off together with its process. */
const silentMs = 15_000

/** Reads the status of a school from where every node finds it. */
export async function readStatus(shelf: Shelf, organizationId: string): Promise<SyncStatus> {
  const text = await shelf.get(statusKey(organizationId))
  const status = text === undefined ? {} : (JSON.parse(text) as SyncStatus)
  const { running, ...rest } = status
  if (running === undefined || Date.now() - Date.parse(running.seenAt) < silentMs) return status
  return { ...rest, failed: { at: running.seenAt, ...interrupted } }
}

/** Keeps the status of a school. */
export async function keepStatus(shelf: Shelf, organizationId: string, status: SyncStatus): Promise<void> {
  await shelf.set(statusKey(organizationId), JSON.stringify(status))
}

/** Where the status of a school is kept. */
export function statusKey(organizationId: string): string {
  return `status:${organizationId}`
}

/** What the administrator may know of an error; the rest is for the operator. */
export function describeFailure(error: unknown, wasStopped: boolean): NonNullable<SyncStatus['failed']> {
  const at = new Date().toISOString()
  if (wasStopped) return { at, ...interrupted }
  if (error instanceof AppleAuthError) return { at, message: error.publicMessage, code: error.code }
  return { at, message: 'Something went wrong here.', code: 'ERR_SCHOOL_APP' }
}

const interrupted = { message: 'The app was stopped while it was reading.', code: 'ERR_SCHOOL_APP_STOPPED' }
