import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createOncePerKey, type OncePerKey } from '../src/once-per-key.js'
import { freezeDate, moveDate, thawDate } from './apple/clock.js'

beforeEach(freezeDate)
afterEach(thawDate)

const keepMs = 30_000
let once: OncePerKey<string>
let runs: number
beforeEach(() => {
  once = createOncePerKey<string>({ keepMs, keepFailures: false })
  runs = 0
})

const work = (): Promise<string> => Promise.resolve(`run ${String(++runs)}`)
const failing = (): Promise<string> => Promise.reject(new Error(`failure ${String(++runs)}`))

/** Work that ends when it is told to. */
function slowWork(): { work: () => Promise<string>; end: () => void } {
  let end = (): void => undefined
  const result = new Promise<string>((resolve) => {
    end = () => {
      resolve('slow')
    }
  })
  return { work: () => result, end }
}

/** Lets promises that are settled have their effect. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('createOncePerKey', () => {
  it('runs work once for those who come at the same time, and once for each key', async () => {
    expect(await Promise.all([once.run('a', work), once.run('a', work), once.run('b', work)])).toEqual([
      'run 1',
      'run 1',
      'run 2',
    ])
  })

  it('keeps a result for those who come late, and only so long', async () => {
    await once.run('a', work)
    moveDate({ seconds: 29 })
    expect(await once.run('a', work)).toBe('run 1')
    moveDate({ seconds: 1 })
    expect(await once.run('a', work)).toBe('run 2')
  })

  it('counts that time from the end of the work', async () => {
    const { work: slow, end } = slowWork()
    const first = once.run('a', slow)
    moveDate({ minutes: 5 })
    expect(once.recall('a')).toBe(first)
    end()
    await settle()
    moveDate({ seconds: 29 })
    expect(once.recall('a')).toBe(first)
    moveDate({ seconds: 1 })
    expect(once.recall('a')).toBeUndefined()
  })

  it('keeps no result longer because other work, begun before it, ended after it', async () => {
    const { work: slow, end } = slowWork()
    void once.run('slow', slow)
    await once.run('a', work)
    moveDate({ seconds: 20 })
    end()
    await settle()
    moveDate({ seconds: 20 })
    expect(once.recall('slow')).toBeDefined()
    expect(once.recall('a')).toBeUndefined()
  })

  it('gives a failure to all who came at the same time, and tries again for the next', async () => {
    const results = await Promise.allSettled([once.run('a', failing), once.run('a', failing)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(runs).toBe(1)
    expect(await once.run('a', work)).toBe('run 2')
  })

  it('keeps failures too where it is told so', async () => {
    once = createOncePerKey({ keepMs, keepFailures: true })
    await expect(once.run('a', failing)).rejects.toThrow('failure 1')
    await expect(once.run('a', work)).rejects.toThrow('failure 1')
    moveDate({ seconds: 30 })
    expect(await once.run('a', work)).toBe('run 2')
  })

  it('forgets a result on demand, and only that one', async () => {
    const first = once.run('a', work)
    await first
    once.drop('a', first)
    expect(once.recall('a')).toBeUndefined()
    const second = once.run('a', work)
    once.drop('a', first)
    expect(once.recall('a')).toBe(second)
  })

  it('keeps the newer result when a dropped one ends late', async () => {
    const { work: slow, end } = slowWork()
    const dropped = once.run('a', slow)
    once.drop('a', dropped)
    const newer = once.run('a', work)
    await newer
    end()
    await dropped
    await settle()
    expect(once.recall('a')).toBe(newer)
  })

  it('recalls nothing of work that nobody began', () => {
    expect(once.recall('a')).toBeUndefined()
  })
})
