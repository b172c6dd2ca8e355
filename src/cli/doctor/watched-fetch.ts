import { type BoundedFetch, createBoundedFetch } from '../../apple/bounded-fetch.js'
import { clockDifference } from '../../apple/invalid-client.js'
import type { AppleAuthConfig } from '../../config/config.js'

/** The app's way to Apple, with a look at the time in each answer. */
export interface WatchedFetch {
  readonly boundedFetch: BoundedFetch
  /** Our clock minus Apple's by the latest answer, in seconds; undefined before there is one. */
  readonly difference: () => number | undefined
}

/** Makes the one `fetch` of a doctor's visit. */
export function createWatchedFetch(config: AppleAuthConfig): WatchedFetch {
  const plain = createBoundedFetch(config)
  let difference: number | undefined
  function watch<T extends { readonly headers: Headers }>(answer: T): T {
    difference = clockDifference(answer) ?? difference
    return answer
  }
  async function watched(...asked: Parameters<BoundedFetch>): Promise<Response> {
    return watch(await plain(...asked))
  }
  return {
    boundedFetch: Object.assign(watched, {
      read: async (...asked: Parameters<BoundedFetch['read']>) => watch(await plain.read(...asked)),
    }),
    difference: () => difference,
  }
}
