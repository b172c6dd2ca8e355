import { AppleArgumentError } from '../errors.js'
import type { AppleTransferIds, TransferRun } from './transfer-options.js'

/** The text that an app gave as an id. @throws AppleArgumentError for anything else than 1 to 255 characters */
export function requireId(method: string, what: string, id: unknown): string {
  if (typeof id === 'string' && id.length >= 1 && id.length <= 255) return id
  throw new AppleArgumentError(`${method}(): ${what} must be a text of 1 to 255 characters.`)
}

/** The receiving team's id. @throws AppleArgumentError for what is none, and for the own one */
export function requireTargetTeamId(method: string, targetTeamId: unknown, ownTeamId: string | undefined): string {
  if (typeof targetTeamId !== 'string' || !/^[A-Z0-9]{10}$/.test(targetTeamId)) {
    throw new AppleArgumentError(
      `${method}(): targetTeamId must be the receiving team's Team ID: ten characters A-Z 0-9.`,
    )
  }
  if (targetTeamId !== ownTeamId) return targetTeamId
  throw new AppleArgumentError(`${method}(): targetTeamId is your own team; give the Team ID of the receiving one.`)
}

/** What `for await` can read. @throws AppleArgumentError for anything else, and for one text */
export function requireIds(method: string, ids: unknown): AppleTransferIds {
  const isReadable = typeof ids === 'object' && ids !== null && (Symbol.asyncIterator in ids || Symbol.iterator in ids)
  if (isReadable) return ids as AppleTransferIds
  throw new AppleArgumentError(`${method}(): give the ids as a list, or as an iterable that may be async.`)
}

/**
 * Checks the options, as JavaScript gives anything, and fills in the defaults; `targetTeamId` is looked at elsewhere.
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
