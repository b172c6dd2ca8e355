import { AppleArgumentError, type AppleTokenError } from '../errors.js'
import type { AppleTransferredUser } from '../apple/user-migration.js'

/** People's ids: a list, or whatever `for await` reads, such as a generator over a database. */
export type AppleTransferIds = Iterable<string> | AsyncIterable<string>

/** How many people are moved. */
export interface AppleTransferOptions {
  /** How many are asked for at once, 1 to 32. Default: 4. */
  readonly concurrency?: number
  /** Stops everything at once. Default: none. */
  readonly signal?: AbortSignal
  /** Skips a person whose result the app has kept; may be async. Default: nobody is skipped. */
  readonly isDone?: (id: string) => boolean | Promise<boolean>
  /** Hears how far it has come, before each result and after each person who is skipped. Default: nobody does. */
  readonly onProgress?: (progress: AppleTransferProgress) => void
}

/** The same for the team that gives the app away. */
export interface AppleTransferSubsOptions extends AppleTransferOptions {
  /** The Team ID of the receiving team. */
  readonly target: string
}

/** How many people have been dealt with in this run. */
export interface AppleTransferProgress {
  readonly done: number
  /** Whom Apple refused. */
  readonly failed: number
  /** By `isDone`. */
  readonly skipped: number
}

/** What became of one person of the transferring team: a `transferSub`, or why Apple gives none. */
export type AppleTransferSubResult =
  | { readonly sub: string; readonly transferSub: string; readonly error?: undefined }
  | { readonly sub: string; readonly transferSub?: undefined; readonly error: AppleTokenError }

/** What became of one person at the receiving team: who they are there, or why Apple does not say. */
export type AppleExchangeResult =
  | (AppleTransferredUser & { readonly transferSub: string; readonly error?: undefined })
  | { readonly transferSub: string; readonly sub?: undefined; readonly error: AppleTokenError }

/** The options with their defaults. */
export interface TransferRun {
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  readonly isDone: (id: string) => boolean | Promise<boolean>
  readonly onProgress: (progress: AppleTransferProgress) => void
}

/** The text that an app gave as an id. @throws AppleArgumentError for anything else than 1 to 255 characters */
export function requireId(method: string, what: string, id: unknown): string {
  if (typeof id === 'string' && id.length >= 1 && id.length <= 255) return id
  throw new AppleArgumentError(`${method}(): ${what} must be a text of 1 to 255 characters.`)
}

/** The receiving team's id. @throws AppleArgumentError for what is none, and for the own one */
export function requireTarget(method: string, target: unknown, ownTeamId: string | undefined): string {
  if (typeof target !== 'string' || !/^[A-Z0-9]{10}$/.test(target)) {
    throw new AppleArgumentError(
      `${method}(): the target must be the receiving team's Team ID: ten characters A-Z 0-9.`,
    )
  }
  if (target !== ownTeamId) return target
  throw new AppleArgumentError(`${method}(): the target is your own team; give the Team ID of the receiving one.`)
}

/** What `for await` can read. @throws AppleArgumentError for anything else, and for one text */
export function requireIds(method: string, ids: unknown): AppleTransferIds {
  const isReadable = typeof ids === 'object' && ids !== null && (Symbol.asyncIterator in ids || Symbol.iterator in ids)
  if (isReadable) return ids as AppleTransferIds
  throw new AppleArgumentError(`${method}(): give the ids as a list, or as an iterable that may be async.`)
}

/**
 * Checks the options, as JavaScript gives anything, and fills in the defaults; `target` is looked at elsewhere.
 *
 * @throws AppleArgumentError for an option that there is not, or of a value that it does not take
 */
export function parseTransferOptions(method: string, options: unknown, known: readonly string[]): TransferRun {
  if (typeof options !== 'object' || options === null) {
    throw new AppleArgumentError(`${method}() takes ${known.join(', ')} as an object.`)
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new AppleArgumentError(
      `${method}() has no option ${JSON.stringify(unknown.slice(0, 50))}; it takes ${known.join(', ')}.`,
    )
  }
  const {
    concurrency = 4,
    signal,
    isDone = () => false,
    onProgress = () => undefined,
  } = options as Record<string, unknown>
  if (!Number.isInteger(concurrency) || Number(concurrency) < 1 || Number(concurrency) > 32) {
    throw new AppleArgumentError(`${method}(): concurrency must be a whole number from 1 to 32.`)
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new AppleArgumentError(`${method}(): signal must be an AbortSignal, as an AbortController's signal is.`)
  }
  if (typeof isDone !== 'function' || typeof onProgress !== 'function') {
    throw new AppleArgumentError(`${method}(): isDone and onProgress must be functions.`)
  }
  return { concurrency, signal, isDone, onProgress } as TransferRun
}
