/** Runs work at most once per key at a time; who comes meanwhile, or shortly after, gets the first one's result. */
export interface OncePerKey<T> {
  /** Runs the work, unless its result is known or under way. */
  run(key: string, work: () => Promise<T>): Promise<T>
  /** The result that is known or under way; undefined where there is none. */
  recall(key: string): Promise<T> | undefined
  /** Forgets this result of the key, so that the next run works anew; another result stays. */
  drop(key: string, result: Promise<T>): void
}

interface Entry<T> {
  readonly result: Promise<T>
  /** Milliseconds since 1970; undefined while the work runs. */
  endedAt?: number
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
    const now = Date.now()
    for (const [key, { endedAt }] of entries) {
      if (endedAt === undefined) continue
      // What has ended stands in the order in which it did, so the rest is younger. A clock set back keeps nothing.
      if (endedAt <= now && now < endedAt + keepMs) break
      entries.delete(key)
    }
  }

  function recall(key: string): Promise<T> | undefined {
    dropOld()
    return entries.get(key)?.result
  }

  return {
    recall,

    drop(key, result) {
      if (entries.get(key)?.result === result) entries.delete(key)
    },

    run(key, work) {
      const known = recall(key)
      if (known !== undefined) return known
      const entry: Entry<T> = { result: work() }
      entries.set(key, entry)
      const keep = (): void => {
        if (entries.get(key) !== entry) return
        entry.endedAt = Date.now()
        entries.delete(key)
        entries.set(key, entry)
      }
      const forget = (): void => {
        if (entries.get(key) === entry) entries.delete(key)
      }
      entry.result.then(keep, keepFailures ? keep : forget)
      return entry.result
    },
  }
}
