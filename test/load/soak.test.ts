import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { OwnServer } from '../nodes/own-server.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { describeWithRedisServer } from '../support/services.js'
import { recordFigures, rounded } from './figures.js'
import { LoadApp, type Memory } from './load-app.js'
import { sized } from './size.js'
import { SoakPeople } from './soak-people.js'

const seconds = Number(process.env.SOAK_SECONDS ?? sized(6, 600))
/** From here on the heap must not grow, in seconds. */
const warmUpSeconds = seconds / 10
/** Not too often: the collections take time from the load. */
const everySeconds = Math.max(1, seconds / 60)

/** The heap at some time after the load began. */
interface Sample extends Memory {
  readonly seconds: number
}

describeWithRedisServer('an app under load for a long time', () => {
  const apple = new LoopbackApple()
  let redis: OwnServer
  let app: LoadApp
  jest.setTimeout((seconds + 300) * 1000)

  beforeAll(async () => {
    await apple.listen()
    // What is kept for long rests there, so that this process's memory shows what should not.
    redis = await OwnServer.startRedis()
    app = await LoadApp.start(apple, { SESSION_STORE_URL: redis.url, APPLE_STORE_URL: redis.url })
  })
  afterAll(async () => {
    await app.kill()
    await redis.remove()
    await apple.stop()
  })

  it('needs no more memory at the end than at the beginning, and ends when it is closed', async () => {
    const people = new SoakPeople(app, apple)
    const samples: Sample[] = []
    await people.during(async () => {
      const startedAt = performance.now()
      const passed = (): number => (performance.now() - startedAt) / 1000
      for (let due = everySeconds; due <= seconds + everySeconds / 2; due += everySeconds) {
        await new Promise((resolve) => setTimeout(resolve, (due - passed()) * 1000))
        samples.push({ seconds: passed(), ...(await app.memory()) })
      }
    })
    const quiet = await app.memory()
    const ending = await app.close()

    const settled = samples.filter((sample) => sample.seconds > warmUpSeconds - everySeconds / 2)
    const [first] = settled
    const last = settled.at(-1)
    if (first === undefined || last === undefined) throw new Error('the memory was not measured')
    recordMemory(settled, quiet)
    recordFigures({
      table: 'The load',
      row: `${String(seconds)} s`,
      ...people.requests,
      errors: people.errors.length,
      'notifications put off (503)': people.putOff,
      'ended by itself': String(ending.ended),
      'open handles': ending.openHandles.join(', ') || 'none',
    })
    expect(people.errors).toEqual([])
    expect(people.putOff).toBeLessThan(people.requests.notification)
    for (const count of Object.values(people.requests)) expect(count).toBeGreaterThan(0)
    expect(ending).toEqual({ openHandles: [], ended: true })
    // A fifth is more than what comes and goes.
    expect(last.heapBytes / first.heapBytes).toBeLessThan(1.2)
    expect(app.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Another node'))).toEqual([])
  })
})

function recordMemory(samples: readonly Sample[], quiet: Memory): void {
  const table = `Memory in ${String(seconds)} s under load (MiB, after garbage collection)`
  const record = (row: string, { heapBytes, rssBytes }: Memory): void => {
    recordFigures({ table, row, heap: inMiB(heapBytes), resident: inMiB(rssBytes) })
  }
  let due = warmUpSeconds
  for (const sample of samples) {
    if (sample.seconds + everySeconds / 2 < due) continue
    record(`after ${String(Math.round(sample.seconds))} s`, sample)
    due += warmUpSeconds
  }
  record('when all had left', quiet)
  const heaps = samples.map(({ heapBytes }) => heapBytes)
  recordFigures({
    table: 'The heap from a tenth of the time on',
    row: `${String(samples.length)} measurements`,
    'smallest (MiB)': inMiB(Math.min(...heaps)),
    'largest (MiB)': inMiB(Math.max(...heaps)),
    'trend (KiB a minute)': rounded((slope(samples) * 60) / 1024),
    'in the second half': rounded((slope(samples.filter((sample) => sample.seconds > seconds / 2)) * 60) / 1024),
  })
}

/** By how many bytes the heap grows in a second: the line that lies closest to all samples. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [x, y] = [mean((sample) => sample.seconds), mean(({ heapBytes }) => heapBytes)]
  const covariance = mean((sample) => (sample.seconds - x) * (sample.heapBytes - y))
  return covariance / mean((sample) => (sample.seconds - x) ** 2)
}

function inMiB(bytes: number): number {
  return rounded(bytes / 1024 / 1024, 2)
}
