import { setMaxListeners } from 'node:events'
import type { IdSource } from './id-source.js'
import type { Effort } from './try-patiently.js'

/** Work on many ids. */
export interface Batch<Result> {
  readonly ids: IdSource
  /** How many are worked on at once. */
  readonly concurrency: number
  /** The caller's. */
  readonly signal: AbortSignal | undefined
  /** Works on one; undefined where there is nothing to tell of it. */
  readonly work: (id: unknown, effort: Effort) => Promise<Result | undefined>
}

/**
 * Gives results as they come, in no order of the ids.
 *
 * An id is pulled when its turn comes, and no more of them are pulled and not told of than are worked on at once: where
 * the caller is slow, so is the work. The first failure ends it: no further id is pulled, what is under way is finished
 * and told of, and then it rejects with that failure. Leaving the loop, and the signal, stop what is under way.
 */
export async function* eachResult<Result>({
  ids,
  concurrency,
  signal,
  work,
}: Batch<Result>): AsyncGenerator<Result, undefined> {
  const finished: Result[] = []
  let running = 0
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => undefined
  const controller = new AbortController()
  const effort: Effort = { signal: controller.signal, isWorthIt: () => failure === undefined }
  // One for each request under way, and one for each wait.
  setMaxListeners(0, controller.signal)
  const stop = (): void => {
    controller.abort(signal?.reason)
    wake()
  }

  async function takeTurn(): Promise<void> {
    try {
      while (failure === undefined && !controller.signal.aborted) {
        const next = await ids.pull()
        if (next === undefined) return
        const result = await work(next.id, effort)
        if (result !== undefined) {
          finished.push(result)
          return
        }
      }
    } catch (error) {
      failure ??= { error }
    } finally {
      running -= 1
      wake()
    }
  }

  function start(): void {
    running += 1
    void takeTurn()
  }

  signal?.addEventListener('abort', stop, { once: true })
  try {
    for (let turn = 0; turn < concurrency; turn += 1) start()
    for (;;) {
      signal?.throwIfAborted()
      const result = finished.shift()
      if (result !== undefined) {
        yield result
        start()
      } else if (running > 0) {
        await new Promise<void>((resolve) => (wake = resolve))
      } else if (failure === undefined) {
        return undefined
      } else {
        throw failure.error
      }
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    controller.abort()
    await ids.close()
  }
}
