import type { AppleStore } from '../config/options.js'
import { AppleStoreError } from '../errors.js'
import { failuresOf, isKeyv } from './store-failures.js'

/** The store, as the rest of this room uses it: texts under keys, every failure an AppleStoreError. */
export interface Store {
  get(key: string): Promise<string | undefined>
  /** Without a time to live it stays until it is deleted, whatever the store's own default. */
  set(key: string, value: string, ttlMilliseconds?: number): Promise<void>
  delete(key: string): Promise<void>
  /** Every text that it holds, in no order. @throws AppleStoreError for a store that cannot list, too */
  values(): AsyncIterable<string>
}

/** The longest that one answer of the store is waited for, in milliseconds. */
const deadlineMs = 5000
/** The same while it is listed: much that is not ours may lie between two answers. */
const listDeadlineMs = 60_000
/** After a store has left one question unanswered, others fail at once for so long, in milliseconds. */
const restMs = 1000

/** Gives the store, opened if need be; it is asked each time, so that a failed opening can be tried again. */
export type OpenStore = () => Promise<AppleStore>

/** Puts a deadline and one kind of error around a store; `name` is what errors call it, with its variable. */
export function createStore(open: OpenStore, name: string): Store {
  let restsUntil = -Infinity

  async function ask<T>(what: string, work: (store: AppleStore) => T, withinMs = deadlineMs): Promise<Awaited<T>> {
    if (performance.now() < restsUntil) throw failed(what, new Error('it did not answer a moment ago'))
    try {
      return await withDeadline(
        open().then(async (store) => await work(store)),
        withinMs,
      )
    } catch (error) {
      if (error instanceof LateError) restsUntil = performance.now() + restMs
      throw failed(what, error)
    }
  }

  function failed(what: string, cause: unknown): AppleStoreError {
    if (cause instanceof AppleStoreError) return cause
    return new AppleStoreError(`The ${name} could not ${what}.`, { cause })
  }

  function startListing(store: AppleStore) {
    if (typeof store.iterator !== 'function') {
      throw new AppleStoreError(
        `The ${name} cannot list what it holds, which connections.list() and finding revocations after a restart need: ` +
          'give a Keyv instance, or a URL.',
        { status: 500 },
      )
    }
    const failures = failuresOf(store)
    return { iterator: store.iterator()[Symbol.asyncIterator](), failures, failuresBefore: failures.count }
  }

  return {
    async get(key) {
      const value = await ask('be read', (store) => store.get(key))
      return typeof value === 'string' ? value : undefined
    },

    async set(key, value, ttlMilliseconds) {
      // To a Keyv undefined means its own default, and 0 for ever.
      const written = await ask('be written', (store) =>
        store.set(key, value, ttlMilliseconds ?? (isKeyv(store) ? 0 : undefined)),
      )
      // Keyv answers false for a write that failed.
      if (written === false) throw failed('be written', undefined)
    },

    async delete(key) {
      await ask('be written', (store) => store.delete(key))
    },

    async *values() {
      const { iterator, failures, failuresBefore } = await ask('be listed', startListing)
      try {
        for (;;) {
          const next = await ask('be listed', () => iterator.next(), listDeadlineMs)
          // Some adapters tell of a failure by an event alone, and end the list as if nothing more were there.
          if (failures.count > failuresBefore) throw failed('be listed', failures.latest)
          if (next.done === true) return
          const [, value] = Array.isArray(next.value) ? (next.value as unknown[]) : []
          if (typeof value === 'string') yield value
        }
      } finally {
        void iterator.return?.().catch(() => undefined)
      }
    },
  }
}

/** The store did not answer in time. */
class LateError extends Error {}

async function withDeadline<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new LateError(`no answer within ${String(milliseconds)} ms`))
    }, milliseconds)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
