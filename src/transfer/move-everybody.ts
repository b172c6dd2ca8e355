import { AppleTokenError } from '../errors.js'
import { eachResult } from './each-result.js'
import { openIdSource } from './id-source.js'
import type { AppleTransferIds, TransferRun } from './transfer-options.js'
import type { Effort } from './try-patiently.js'

/** Whoever is refused after so many others in a row is no exception: then it is the transfer that does not work. */
const maxRefusedInARow = 100

/** Whom to move, and how. */
export interface Everybody<Result> {
  readonly ids: AppleTransferIds
  readonly run: TransferRun
  /** @throws AppleArgumentError for what is no id */
  readonly requireId: (id: unknown) => string
  /** Moves one; throws what concerns everybody. */
  readonly move: (id: string, effort: Effort) => Promise<Result>
}

/**
 * Gives one result for each person who is not done.
 *
 * @throws AppleTokenError where the app itself is refused, and after a hundred people who were refused in a row
 * @throws AppleUnavailableError where Apple does not answer
 */
export async function* moveEverybody<Result extends { readonly error?: AppleTokenError | undefined }>({
  ids,
  run: { concurrency, signal, isDone, onProgress },
  requireId,
  move,
}: Everybody<Result>): AsyncGenerator<Result, undefined> {
  const progress = { done: 0, failed: 0, skipped: 0 }
  let refusedInARow = 0

  async function work(value: unknown, effort: Effort): Promise<Result | undefined> {
    const id = requireId(value)
    if (!(await isDone(id))) return move(id, effort)
    progress.skipped += 1
    onProgress({ ...progress })
    return undefined
  }

  for await (const result of eachResult({ ids: openIdSource(ids), concurrency, signal, work })) {
    const { error } = result
    progress[error === undefined ? 'done' : 'failed'] += 1
    refusedInARow = error === undefined ? 0 : refusedInARow + 1
    onProgress({ ...progress })
    yield result
    if (error !== undefined && refusedInARow >= maxRefusedInARow) throw allRefused(error)
  }
}

function allRefused(cause: AppleTokenError): AppleTokenError {
  const { appleError } = cause
  return new AppleTokenError(
    `Apple answered ${appleError} for ${String(maxRefusedInARow)} people in a row: most likely the transfer is not open ` +
      '(60 days from when it is accepted), or goes to another team.',
    appleError,
    { cause, details: { appleError, refusedInARow: maxRefusedInARow } },
  )
}
