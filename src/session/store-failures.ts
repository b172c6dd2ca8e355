import type { AppleStore } from '../config/options.js'

/** What has gone wrong in a store since it was given to us. */
export interface StoreFailures {
  count: number
  latest: unknown
}

/** The members of a Keyv, and of the adapter inside it, that decide whether a failure is heard. */
interface KeyvLike {
  throwOnErrors?: unknown
  store?: unknown
  on?: (event: 'error', listener: (error: unknown) => void) => unknown
}

const known = new WeakMap<AppleStore, StoreFailures>()

/**
 * The failures of a store, which are counted from the first call on.
 *
 * Unless told otherwise a Keyv answers "there is nothing" when its server is down, and ends the process when nobody
 * listens to its errors. A school would then look as if it had never been connected; so both are changed.
 */
export function failuresOf(store: AppleStore): StoreFailures {
  const found = known.get(store)
  if (found !== undefined) return found
  const failures: StoreFailures = { count: 0, latest: undefined }
  known.set(store, failures)
  const keyv = store as KeyvLike
  throwOnErrors(keyv)
  throwOnErrors(keyv.store)
  keyv.on?.('error', (error) => {
    failures.count += 1
    failures.latest = error
  })
  return failures
}

/** Is this a Keyv, and not just something with its methods? */
export function isKeyv(store: AppleStore): boolean {
  return 'throwOnErrors' in store
}

function throwOnErrors(candidate: unknown): void {
  if (typeof candidate !== 'object' || candidate === null || !('throwOnErrors' in candidate)) return
  candidate.throwOnErrors = true
}
