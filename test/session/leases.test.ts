import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { createLeases, type Leases } from '../../src/session/leases.js'
import { createStore } from '../../src/session/store.js'

/** A store that all nodes share, and a node whose writes take so long to arrive. */
function createNodes(): (writesTakeMs?: number) => Leases {
  const entries = new Map<string, unknown>()
  return (writesTakeMs = 0) =>
    createLeases(
      createStore(
        () =>
          Promise.resolve({
            get: async (key: string) => {
              await delay(1)
              return entries.get(key)
            },
            set: async (key: string, value: unknown) => {
              await delay(writesTakeMs)
              entries.set(key, value)
            },
            delete: async (key: string) => {
              await delay(1)
              entries.delete(key)
            },
          }),
        'store',
      ),
      true,
    )
}

describe('a lease', () => {
  it('is given to one of twenty nodes that ask at once, and to the next when it is given back', async () => {
    const node = createNodes()
    for (let round = 0; round < 3; round++) {
      const leases = await Promise.all(Array.from({ length: 20 }, (_, index) => node(index % 5).take('work', 60_000)))
      const given = leases.filter((lease) => lease !== undefined)
      expect(given).toHaveLength(1)
      expect(await node().take('work', 60_000)).toBeUndefined()
      await given[0]?.release()
    }
  })

  it('is not given to a node whose write came late, nor to a third one in its wake', async () => {
    const node = createNodes()
    const late = node(600).take('work', 60_000)
    const lease = await node().take('work', 60_000)
    expect(lease).toBeDefined()
    expect(await late).toBeUndefined()
    // The late write has taken the place of the first one's mark, and keeps others out as it did.
    for (let asked = 0; asked < 5; asked++) {
      expect(await node().take('work', 60_000)).toBeUndefined()
      await delay(600)
    }
    // What the first one gives back is not the late one's.
    await lease?.release()
    expect(await node().take('work', 60_000)).toBeUndefined()
  })

  it('of another name is another one', async () => {
    const node = createNodes()
    expect(await node().take('one', 60_000)).toBeDefined()
    expect(await node().take('other', 60_000)).toBeDefined()
  })
})
