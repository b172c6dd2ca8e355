import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { type Backend, backends } from '../nodes/backends.js'
import type { Database } from '../nodes/database.js'
import { inParallel } from '../nodes/use-cluster.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { recordFigures, rounded } from './figures.js'
import { FlappingApple } from './flapping-apple.js'
import { Leaver } from './leaver.js'
import { LoadApp } from './load-app.js'
import { countOwed } from './owed.js'
import { isFull, sized } from './size.js'

const people = sized(60, 1000)
const kills = sized(3, 15)
const width = sized(4, 8)
const httpTimeoutMs = 500
/** How long a person waits at most before signing out, in milliseconds. */
const thinkingMs = 200
/** The longest time between a logout and the kill that it sets off, in milliseconds. */
const killWithinMs = 100
/** So long a kill waits for Apple to keep a logout waiting, in milliseconds. */
const patienceMs = 500
/** So long the app may take in the end until nothing is owed, in milliseconds. */
const settleMs = 8 * 60 * 1000

/** What happened to all of them. */
interface Course {
  readonly leavers: readonly Leaver[]
  readonly flapping: FlappingApple
  /** When Apple began to answer every time, and the app had been started for the last time; by `performance.now()`. */
  readonly settledAt: number
}

for (const backend of backends.filter(({ name }) => isFull || name === 'Redis')) testKills(backend)

function testKills(backend: Backend): void {
  backend.describe(`an app killed in the middle of logouts while Apple comes and goes, over ${backend.name}`, () => {
    const apple = new LoopbackApple()
    let database: Database
    let app: LoadApp
    jest.setTimeout(20 * 60 * 1000)

    beforeAll(async () => {
      await apple.listen()
      database = await backend.claimDatabase()
      app = await LoadApp.start(apple, {
        SESSION_STORE_URL: database.url,
        APPLE_STORE_URL: database.url,
        APPLE_HTTP_TIMEOUT_MS: String(httpTimeoutMs),
      })
    })
    afterAll(async () => {
      await app.kill()
      await apple.stop()
      await database.remove()
    })

    it('tells Apple of every token, and signs everybody out', async () => {
      const flapping = new FlappingApple(apple)
      const leavers: Leaver[] = []
      for (let index = 0; index < people; index++) leavers.push(await Leaver.signIn(app, apple, flapping, index))

      flapping.flap()
      await signOutUnderFire(app, leavers, flapping)
      flapping.settle()
      await app.crash()
      const course = { leavers, flapping, settledAt: performance.now() }
      while ((await countOwed(database.url)) > 0 && performance.now() - course.settledAt < settleMs) await pause(200)

      const signedIn = await inParallel(people, width, async (index) => leavers[index]?.isSignedIn())
      recordCourse(backend.name, course, signedIn.filter(Boolean).length)
      expect(leavers.filter(({ finishedAt }) => finishedAt === undefined)).toEqual([])
      expect(leavers.some(({ attempts }) => attempts > 1)).toBe(true)
      expect(signedIn).toEqual(leavers.map(() => false))
      expect(await countOwed(database.url)).toBe(0)
      const never = leavers.filter(({ refreshToken }) => flapping.acceptedAt(refreshToken) === undefined)
      expect(never.map(({ refreshToken, attempts }) => ({ refreshToken, attempts }))).toEqual([])
    })
  })
}

/**
 * Everybody signs out, and the app is killed shortly after logouts that chance has chosen have begun; every second time
 * while Apple keeps one of them waiting.
 */
async function signOutUnderFire(app: LoadApp, leavers: readonly Leaver[], flapping: FlappingApple): Promise<void> {
  const fatal = new Set<number>()
  // The last quarter is spared, so that every kill finds logouts under way.
  while (fatal.size < kills) fatal.add(Math.floor((Math.random() * leavers.length * 3) / 4))
  let waits = false
  let crashes = Promise.resolve()
  const crash = async (): Promise<void> => {
    waits = !waits
    if (waits) flapping.flap('hangs')
    const endsAt = performance.now() + patienceMs
    while (waits && flapping.hanging === 0 && performance.now() < endsAt) await pause(5)
    await pause(Math.random() * killWithinMs)
    await app.crash()
  }
  await inParallel(leavers.length, width, async (index) => {
    await pause(Math.random() * thinkingMs)
    if (fatal.has(index)) crashes = crashes.then(crash)
    await leavers[index]?.signOut()
  })
  await crashes
}

function recordCourse(server: string, { leavers, flapping, settledAt }: Course, signedIn: number): void {
  const waits = leavers.map(({ refreshToken, finishedAt = NaN }) => {
    const acceptedAt = flapping.acceptedAt(refreshToken)
    return acceptedAt === undefined ? undefined : (acceptedAt - finishedAt) / 1000
  })
  const told = waits.filter((wait) => wait !== undefined)
  const at = leavers.map(({ refreshToken }) => flapping.acceptedAt(refreshToken) ?? 0)
  recordFigures({
    table: `${String(people)} logouts, the app killed ${String(kills)} times`,
    row: server,
    kills,
    logouts: leavers.length,
    'sent again': leavers.filter(({ attempts }) => attempts > 1).length,
    tokens: new Set(leavers.map(({ refreshToken }) => refreshToken)).size,
    'revoked at once': told.filter((wait) => wait <= 0).length,
    later: told.filter((wait) => wait > 0).length,
    never: leavers.length - told.length,
    'longest wait (s)': rounded(Math.max(...told)),
    'last one after Apple was back (s)': rounded((Math.max(...at) - settledAt) / 1000),
    'most requests for a token': Math.max(...leavers.map(({ refreshToken }) => flapping.requestsFor(refreshToken))),
    'still signed in': signedIn,
  })
}
