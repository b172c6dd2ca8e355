import type { AppleStore } from '../config/options.js'

/** How many writes apart what has ended is swept out. */
const sweepEvery = 1000

/** Makes the store that is used unless the app gives one: this process's memory. */
export function createMemoryStore(): AppleStore {
  const entries = new Map<string, { readonly value: unknown; readonly endsAt: number }>()
  let writes = 0

  function sweep(): void {
    for (const [key, { endsAt }] of entries) if (endsAt <= Date.now()) entries.delete(key)
  }

  return {
    get(key) {
      const entry = entries.get(key)
      return entry === undefined || entry.endsAt <= Date.now() ? undefined : entry.value
    },

    set(key, value, ttlMilliseconds = Infinity) {
      entries.set(key, { value, endsAt: Date.now() + ttlMilliseconds })
      writes += 1
      if (writes % sweepEvery === 0) sweep()
    },

    delete: (key) => entries.delete(key),

    async *iterator() {
      for (const [key, { value, endsAt }] of [...entries]) {
        // Asynchronous like every other store's.
        if (endsAt > Date.now()) yield await Promise.resolve([key, value] as const)
      }
    },
  }
}
