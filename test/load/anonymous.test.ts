import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { RedisStore } from 'connect-redis'
import type { SessionOptions } from 'express-session'
import { claimRedisDatabase, type Database, openRedis } from '../nodes/database.js'
import { createStore, sessionsIn } from '../session/stored-session.js'
import { withClockAhead } from '../support/clock.js'
import { describeWithRedis } from '../support/services.js'
import { useApple } from '../support/use-apple.js'
import { hitLogin } from './anonymous-hits.js'
import { recordFigures, rounded } from './figures.js'
import { sized } from './size.js'

const hits = sized(200, 10_000)
/** How long a login may be under way, in seconds. */
const pendingSeconds = 15 * 60
const largestBytes = 8 * 1024
const month = 30 * 24 * 60 * 60 * 1000

/** How apps set their sessions up. */
const setups: Readonly<Record<string, Partial<SessionOptions>>> = {
  'as the README says': { cookie: { sameSite: 'lax', secure: 'auto' } },
  'that last a month': { cookie: { maxAge: month } },
  'that last a month from the latest request on': { cookie: { maxAge: month }, rolling: true },
}

/** A session that rests in a store. */
interface Rest {
  readonly bytes: number
  /** How long it stays there, in seconds; negative for ever. */
  readonly seconds: number
}

jest.setTimeout(600_000)

describe('many hits on /login of people who never sign in', () => {
  const { startApp } = useApple()

  describe.each(Object.entries(setups))('with sessions %s', (setup, options) => {
    it('leave nothing in memory after their time, and no large session before', async () => {
      const store = createStore()
      const app = await startApp({ session: { ...options, store } })
      await hitLogin(app.url, hits)
      const rests = Object.values(await sessionsIn(store)).map((session) => {
        const { expires } = session.cookie as { expires?: unknown }
        const seconds = typeof expires === 'string' ? (Date.parse(expires) - Date.now()) / 1000 : -1
        return { bytes: Buffer.byteLength(JSON.stringify(session)), seconds }
      })
      judge('memory', setup, rests)
      expect(Object.keys(await withClockAhead(pendingSeconds, () => sessionsIn(store)))).toEqual([])
    })
  })
})

describeWithRedis('many hits on /login of people who never sign in, over Redis', () => {
  const { startApp } = useApple()
  let database: Database
  let client: Awaited<ReturnType<typeof openRedis>>

  beforeAll(async () => {
    database = await claimRedisDatabase()
    client = await openRedis(database.url)
  })
  afterAll(async () => {
    await client.close()
    await database.remove()
  })

  describe.each(Object.entries(setups))('with sessions %s', (setup, options) => {
    it('leave what Redis removes after their time, and no large session', async () => {
      const prefix = `${setup}:`
      const app = await startApp({ session: { ...options, store: new RedisStore({ client, prefix }) } })
      await hitLogin(app.url, hits)
      const rests: Rest[] = []
      for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) {
        for (const key of keys) rests.push({ bytes: await client.strLen(key), seconds: await client.ttl(key) })
      }
      judge('Redis', setup, rests)
    })
  })
})

function judge(store: string, setup: string, rests: readonly Rest[]): void {
  const largest = Math.max(...rests.map(({ bytes }) => bytes))
  const longest = Math.max(...rests.map(({ seconds }) => seconds))
  recordFigures({
    table: `${String(hits)} hits on /login`,
    row: `${store}, sessions ${setup}`,
    sessions: rests.length,
    'all of them (KiB)': rounded(rests.reduce((sum, { bytes }) => sum + bytes, 0) / 1024),
    'largest (bytes)': largest,
    'longest stay (s)': rounded(longest),
    'for ever': rests.filter(({ seconds }) => seconds < 0).length,
  })
  // Each newcomer has one, and those who come again share theirs.
  expect(rests.length).toBeGreaterThan(hits / 2)
  expect(rests.filter(({ seconds }) => seconds < 0)).toEqual([])
  expect(longest).toBeLessThanOrEqual(pendingSeconds)
  expect(largest).toBeLessThanOrEqual(largestBytes)
}
