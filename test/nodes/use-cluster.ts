import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { Cluster } from './cluster.js'
import type { Database } from './database.js'

/** Where a test's nodes keep their state. */
export type OpenDatabase = () => Promise<Database>

/**
 * Starts a cluster for the tests of a `describe` and ends it afterwards.
 *
 * Gives an `it` whose test gets the cluster, fails when a node ended that the test did not kill, and then prints what the
 * nodes said.
 */
export function useCluster(
  openDatabase: OpenDatabase,
): (name: string, test: (cluster: Cluster) => Promise<void>) => void {
  let database: Database | undefined
  let cluster: Cluster | undefined
  // Processes on a busy machine take their time.
  jest.setTimeout(300_000)

  beforeAll(async () => {
    database = await openDatabase()
    cluster = await Cluster.start(database.url)
  })
  afterAll(async () => {
    await cluster?.stop()
    await database?.remove()
  })

  return (name, test) => {
    it(name, async () => {
      if (cluster === undefined) throw new Error('the cluster did not start')
      try {
        await test(cluster)
        expect(cluster.unexpectedEnds()).toEqual([])
      } catch (error) {
        process.stderr.write(`What the nodes said:\n${cluster.report()}\n`)
        throw error
      } finally {
        cluster.apple.reset()
      }
    })
  }
}

/** Does something so many times, at most `width` of them at once; in the order in which they were begun. */
export async function inParallel<T>(count: number, width: number, run: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let begun = 0
  const worker = async (): Promise<void> => {
    while (begun < count) {
      const index = begun++
      results[index] = await run(index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker))
  return results
}
