/** Runs work at most once per key at a time; who comes meanwhile, or shortly after, gets the first one's result. */
export type OncePerKey<T> = (key: string, work: () => Promise<T>) => Promise<T>

interface Entry<T> {
  readonly result: Promise<T>
  /** Milliseconds since 1970; undefined while the work runs. */
  keepUntil?: number
}

/**
 * Makes a `OncePerKey` for this process.
 *
 * `keepMs` is how long a result is kept, `keepFailures` whether a failure is too. Nothing is timed: what is past its
 * time is dropped when the next work comes.
 */
export function createOncePerKey<T>({
  keepMs,
  keepFailures,
}: {
  keepMs: number
  keepFailures: boolean
}): OncePerKey<T> {
  const entries = new Map<string, Entry<T>>()

  function dropOld(): void {
    for (const [key, { keepUntil }] of entries) {
      if (keepUntil === undefined) continue
      // The map is in order of arrival, so the rest is younger.
      if (keepUntil > Date.now()) break
      entries.delete(key)
    }
  }

  return function oncePerKey(key, work) {
    dropOld()
    const known = entries.get(key)
    if (known !== undefined) return known.result
    const entry: Entry<T> = { result: work() }
    entries.set(key, entry)
    const keep = (): void => {
      entry.keepUntil = Date.now() + keepMs
    }
    entry.result.then(keep, keepFailures ? keep : () => entries.delete(key))
    return entry.result
  }
}
