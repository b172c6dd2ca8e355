import { describe, expect, it } from '@jest/globals'
import { Keyv } from 'keyv'
import type { AppleStore } from '../../src/index.js'
import { openStore } from '../../src/session/open-store.js'
import { createStore, type Store } from '../../src/session/store.js'
import { withClockAhead } from '../support/clock.js'
import { rejectionOf } from '../support/schools.js'

function storeOver(store?: AppleStore): Store {
  const name = 'store (option store, APPLE_STORE_URL)'
  return createStore(openStore({ store, storeUrl: undefined }, name, () => undefined).open, name)
}

/** A server that is down, as a Keyv adapter sees it. */
class DeadServer extends Map<string, string> {
  override get(): never {
    throw new Error('connection refused')
  }

  override set(): never {
    throw new Error('connection refused')
  }

  override delete(): never {
    throw new Error('connection refused')
  }
}

async function valuesOf(store: Store): Promise<string[]> {
  const values: string[] = []
  for await (const value of store.values()) values.push(value)
  return values.sort()
}

describe.each([
  ['memory', () => undefined],
  ['a Keyv', () => new Keyv()],
])('the store over %s', (_name, make) => {
  it('keeps texts, forgets them, and lists them', async () => {
    const store = storeOver(make())
    await store.set('a:1', 'one')
    await store.set('a:2', 'two')
    await store.set('b:1', 'three')
    await store.delete('a:2')
    expect(await store.get('a:1')).toBe('one')
    expect(await store.get('a:2')).toBeUndefined()
    expect(await valuesOf(store)).toEqual(['one', 'three'])
  })

  it('forgets what has ended', async () => {
    const store = storeOver(make())
    await store.set('short', 'text', 1000)
    await store.set('long', 'for ever')
    expect(await store.get('short')).toBe('text')
    await withClockAhead(2, async () => {
      expect(await store.get('short')).toBeUndefined()
      expect(await valuesOf(store)).toEqual(['for ever'])
    })
  })
})

describe('the store', () => {
  it('takes a Keyv’s silence for the failure that it is', async () => {
    // As an app makes one: without throwOnErrors, and nobody listens to its errors.
    const store = storeOver(new Keyv({ store: new DeadServer() }))
    for (const work of [store.get('key'), store.set('key', 'text'), store.delete('key')]) {
      expect(await rejectionOf(work)).toMatchObject({
        code: 'ERR_APPLE_STORE',
        status: 503,
        message: expect.stringContaining('APPLE_STORE_URL'),
        cause: { message: 'connection refused' },
      })
    }
  })

  it('takes a write that answers false for the failure that it is', async () => {
    const store = storeOver({ get: () => undefined, set: () => false, delete: () => true })
    expect(await rejectionOf(store.set('key', 'text'))).toMatchObject({ code: 'ERR_APPLE_STORE' })
  })

  it('waits for no answer longer than its deadline', async () => {
    const store = storeOver({ get: () => new Promise(() => undefined), set: () => true, delete: () => true })
    expect(await rejectionOf(store.get('key'))).toMatchObject({
      code: 'ERR_APPLE_STORE',
      cause: { message: expect.stringContaining('5000 ms') },
    })
  }, 20_000)

  it('says what a list needs', async () => {
    const store = storeOver({ get: () => undefined, set: () => true, delete: () => true })
    await expect(valuesOf(store)).rejects.toThrow(/Keyv/)
  })

  it('does not take a list that broke off for the whole', async () => {
    const keyv = new Keyv()
    // As the adapter for PostgreSQL does it.
    keyv.iterator = async function* () {
      yield await Promise.resolve(['a', 'one'])
      keyv.emit('error', new Error('connection lost'))
    }
    await expect(valuesOf(storeOver(keyv))).rejects.toMatchObject({
      code: 'ERR_APPLE_STORE',
      cause: { message: 'connection lost' },
    })
  })

  it('keeps what has no end for ever, in a Keyv with an end for everything too', async () => {
    const store = storeOver(new Keyv({ ttl: 1000 }))
    await store.set('school', 'text')
    await withClockAhead(3600, async () => {
      expect(await store.get('school')).toBe('text')
    })
  })

  it('lets go of a list that it does not read to the end', async () => {
    const keyv = new Keyv()
    let isClosed = false
    keyv.iterator = async function* () {
      try {
        yield await Promise.resolve(['a', 'one'])
        yield await Promise.resolve(['b', 'two'])
      } finally {
        isClosed = true
      }
    }
    for await (const value of storeOver(keyv).values()) if (value === 'one') break
    expect(isClosed).toBe(true)
  })

  it('ignores values that it did not write', async () => {
    const keyv = new Keyv()
    await keyv.set('a', { not: 'ours' })
    expect(await storeOver(keyv).get('a')).toBeUndefined()
    expect(await valuesOf(storeOver(keyv))).toEqual([])
  })
})
