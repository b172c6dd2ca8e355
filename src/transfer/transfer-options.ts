import type { AppleTransferredUser } from '../apple/user-migration.js'
import type { AppleTokenError } from '../errors.js'

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
  readonly targetTeamId: string
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
