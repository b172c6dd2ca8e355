import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { Program } from '../nodes/program.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { quantile, recordFigures, rounded } from './figures.js'
import type { FloodOrder, FloodResult } from './flood-sender.js'
import { makeForgeries } from './forgeries.js'
import { LoadApp } from './load-app.js'
import { sized } from './size.js'
import { timeLogins, timeLoginsFor } from './timed-logins.js'

const perSecond = sized(100, 1000)
const seconds = Number(process.env.FLOOD_SECONDS ?? sized(2, 30))
const quietSeconds = sized(0.5, 15)
/** How often a `kid` that nobody knows may have the keys fetched, in seconds. */
const coolDownSeconds = 30

describe('a flood of forged notifications', () => {
  const apple = new LoopbackApple()
  /** When the key set was fetched, in milliseconds. */
  const fetches: number[] = []
  let app: LoadApp
  let sender: Program
  jest.setTimeout((2 * quietSeconds + seconds + 300) * 1000)

  beforeAll(async () => {
    await apple.listen()
    apple.misbehave = ({ path }) => {
      if (path.endsWith('/keys')) fetches.push(performance.now())
      return false
    }
    app = await LoadApp.start(apple)
    sender = await Program.start('../load/flood-sender.ts')
  })
  afterAll(async () => {
    await Promise.all([app.kill(), sender.kill()])
    await apple.stop()
  })

  it('is refused to the last one, has the keys fetched once per cool-down, and lets logins through', async () => {
    const forgeries = makeForgeries(apple, sized(3, 40))
    const order: FloodOrder = { url: `${app.url}/auth/apple/notifications`, perSecond, seconds, forgeries }
    // What runs for the first time is slow.
    await timeLoginsFor(app, apple, quietSeconds)

    const before = await timeLoginsFor(app, apple, quietSeconds)
    fetches.length = 0
    const processorBefore = await app.processorSeconds()
    let isOver = false
    const flood = once(sender.process, 'message').then(([result]) => {
      isOver = true
      return result as FloodResult
    })
    sender.process.send(order)
    const during = await timeLogins(app, apple, () => isOver)
    const result = await flood
    const processor = (await app.processorSeconds()) - processorBefore
    const after = await timeLoginsFor(app, apple, quietSeconds)

    const quiet = [...before.milliseconds, ...after.milliseconds]
    const gaps = fetches.slice(1).map((at, index) => (at - (fetches[index] ?? 0)) / 1000)
    for (const [row, logins] of Object.entries({ quiet, flooded: during.milliseconds })) {
      recordFigures({
        table: 'Logins beside a flood of forged notifications',
        row,
        logins: logins.length,
        'median (ms)': rounded(quantile(logins, 0.5)),
        'p95 (ms)': rounded(quantile(logins, 0.95)),
        'longest (ms)': rounded(Math.max(...logins)),
        'ratio of the medians': rounded(quantile(logins, 0.5) / quantile(quiet, 0.5), 2),
      })
    }
    recordFigures({
      table: 'The flood itself',
      row: `${String(perSecond)} a second for ${String(seconds)} s`,
      sent: result.sent,
      'per second': rounded(result.milliseconds.length / result.seconds),
      'answers by status': JSON.stringify(totals(result)),
      'median (ms)': rounded(quantile(result.milliseconds, 0.5)),
      'p95 (ms)': rounded(quantile(result.milliseconds, 0.95)),
      'most at once': result.mostUnderWay,
      'processor of the app, logins included (s)': rounded(processor),
      'keys fetched': fetches.length,
      'shortest time between (s)': gaps.length === 0 ? '-' : rounded(Math.min(...gaps)),
    })
    expect(result.sent).toBe(perSecond * seconds)
    expect(result.statuses).toEqual(
      Object.fromEntries(Object.keys(result.statuses).map((kind) => [kind, { 400: expect.any(Number) }])),
    )
    expect(totals(result)).toEqual({ 400: result.sent })
    expect(during.milliseconds.length).toBeGreaterThan(0)
    expect([before, during, after].map(({ retries }) => retries)).toEqual([0, 0, 0])
    // One for the first unknown kid at least, or the flood was none.
    expect(fetches.length).toBeGreaterThan(0)
    expect(gaps.filter((gap) => gap < coolDownSeconds)).toEqual([])
    expect(app.stderr).toBe('')
  })
})

function totals({ statuses }: FloodResult): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const ofKind of Object.values(statuses)) {
    for (const [status, count] of Object.entries(ofKind)) sums[status] = (sums[status] ?? 0) + count
  }
  return sums
}
