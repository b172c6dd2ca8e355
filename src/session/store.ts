import type { AppleStore } from '../config/options.js'
import { AppleStoreError } from '../errors.js'
import { failuresOf } from './store-failures.js'

/** The store, as the rest of this room uses it: texts under keys, every failure an AppleStoreError. */
export interface Store {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMilliseconds?: number): Promise<void>
  delete(key: string): Promise<void>
  /** Everything whose key begins so, in no order. @throws AppleStoreError for a store that cannot list */
  entries(keyPrefix: string): AsyncIterable<readonly [key: string, value: string]>
}

/** The longest that one answer of the store is waited for, in milliseconds. */
const deadlineMs = 5000

/** Gives the store, opened if need be; it is asked each time, so that a failed opening can be tried again. */
export type OpenStore = () => Promise<AppleStore>

/** Puts a deadline and one kind of error around a store. */
export function createStore(open: OpenStore): Store {
  async function ask<T>(what: string, work: (store: AppleStore) => T): Promise<Awaited<T>> {
    try {
      return await withDeadline(open().then(async (store) => await work(store)))
    } catch (error) {
      throw storeError(what, error)
    }
  }

  return {
    async get(key) {
      const value = await ask('be read', (store) => store.get(key))
      return typeof value === 'string' ? value : undefined
    },

    async set(key, value, ttlMilliseconds) {
      // Keyv answers false for a write that failed.
      if ((await ask('be written', (store) => store.set(key, value, ttlMilliseconds))) === false) {
        throw storeError('be written', undefined)
      }
    },

    async delete(key) {
      await ask('be written', (store) => store.delete(key))
    },

    async *entries(keyPrefix) {
      const { iterator, failures, failuresBefore } = await ask('be listed', startListing)
      for (;;) {
        const next = await ask('be listed', () => iterator.next())
        // Some adapters tell of a failure by an event alone, and end the list as if nothing more were there.
        if (failures.count > failuresBefore) throw storeError('be listed', failures.latest)
        if (next.done === true) return
        if (isEntry(next.value) && next.value[0].startsWith(keyPrefix)) yield next.value
      }
    },
  }
}

function startListing(store: AppleStore) {
  if (typeof store.iterator !== 'function') {
    throw new AppleStoreError(
      'The store cannot list what it holds, and connections.list() needs that: give a Keyv instance as store, or its ' +
        'URL as APPLE_STORE_URL.',
      { status: 500 },
    )
  }
  const failures = failuresOf(store)
  return { iterator: store.iterator()[Symbol.asyncIterator](), failures, failuresBefore: failures.count }
}

async function withDeadline<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${String(deadlineMs)} ms`))
    }, deadlineMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

function storeError(what: string, cause: unknown): AppleStoreError {
  if (cause instanceof AppleStoreError) return cause
  return new AppleStoreError(`The store (option store, APPLE_STORE_URL) could not ${what}.`, { cause })
}

function isEntry(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string'
}
