import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { AppleTransferProgress } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { consumers, collect, takerTeam, TwoTeams } from './two-teams.js'

let teams: TwoTeams
let subs: string[]

async function start(people: number, delayMs = 0): Promise<void> {
  teams = await TwoTeams.start(consumers(people), delayMs)
  subs = await teams.everybodyUsesIt()
  teams.begin()
}

afterEach(() => teams.stop())

describe('the migration of 200 people', () => {
  it('goes from one team to the other, in parallel, never with more at once than asked for', async () => {
    await start(200, 10)
    const run = { concurrency: 16, targetTeamId: takerTeam }
    teams.holdUntilOpen(16)
    const { all: given, thrown } = await collect(teams.giver.transfer.transferSubs(subs, run))
    expect(thrown).toBeUndefined()
    expect(new Set(given.map(({ sub }) => sub))).toEqual(new Set(subs))
    expect(teams.asked).toHaveLength(200)
    expect(teams.mostAtOnce).toBe(16)
    expect(teams.teamTokens).toBe(1)

    const oldSubs = new Map(given.map(({ sub, transferSub }) => [transferSub, sub]))
    teams.holdUntilOpen(32)
    const ids = given.map(({ transferSub = '' }) => transferSub)
    const { all: taken } = await collect(teams.taker.transfer.exchangeAll(ids, { concurrency: 32 }))
    expect(taken).toHaveLength(200)
    expect(teams.mostAtOnce).toBe(32)
    for (const { transferSub, sub, ...user } of taken) {
      const person = teams.simulator.people.find(
        ({ id }) => teams.simulator.subject(id, 'GIVER00001') === oldSubs.get(transferSub),
      )
      expect(sub).toBe(teams.simulator.subject(person?.id ?? '', takerTeam))
      expect(user).toEqual({ email: expect.stringMatching(/@privaterelay\.appleid\.com$/), isPrivateEmail: true })
    }
  })
})

describe('a migration that is stopped', () => {
  const count = 200
  beforeEach(() => start(count, 10))

  it('by the end of its input goes on later, as often as one likes: nobody is asked twice, nobody is lost', async () => {
    const kept = new Map<string, string>()
    let goesOn = true
    for (const round of [1, 2, 3, 4, 5, 6]) {
      goesOn = true
      const results = teams.giver.transfer.transferSubs(whileIn(subs), {
        targetTeamId: takerTeam,
        concurrency: 8,
        isDone: (sub) => kept.has(sub),
      })
      for await (const { sub, transferSub = '' } of results) {
        kept.set(sub, transferSub)
        // What is under way is still told of.
        if (kept.size >= round * 40) goesOn = false
      }
    }
    expect(kept.size).toBe(count)
    expect(new Set(teams.asked).size).toBe(count)
    expect(teams.asked).toHaveLength(count)

    function* whileIn(ids: string[]): Generator<string> {
      for (const id of ids) {
        if (!goesOn) return
        yield id
      }
    }
  })

  it('in the middle goes on later and loses nobody: only what was under way is asked again', async () => {
    const kept = new Map<string, string>()
    const run = { targetTeamId: takerTeam, concurrency: 8, isDone: (sub: string) => Promise.resolve(kept.has(sub)) }
    for await (const { sub, transferSub = '' } of teams.giver.transfer.transferSubs(subs, run)) {
      kept.set(sub, transferSub)
      if (kept.size === 80) break
    }
    const progress: AppleTransferProgress[] = []
    const onProgress = (each: AppleTransferProgress): number => progress.push(each)
    for await (const { sub, transferSub = '' } of teams.giver.transfer.transferSubs(subs, { ...run, onProgress })) {
      expect(kept.has(sub)).toBe(false)
      kept.set(sub, transferSub)
    }
    expect(kept.size).toBe(count)
    expect(teams.asked.length).toBeLessThanOrEqual(count + 7)
    expect(progress.at(-1)).toEqual({ done: 120, failed: 0, skipped: 80 })
    expect(progress).toHaveLength(count)
  })
})

describe('people who no longer use the app', () => {
  it('get a typed error, and the rest go on', async () => {
    await start(30)
    const [gone = '', late = ''] = [subs[3], subs[7]]
    revoke(gone)
    const progress: AppleTransferProgress[] = []
    const run = { targetTeamId: takerTeam, onProgress: (each: AppleTransferProgress) => progress.push(each) }
    const { all, thrown } = await collect(teams.giver.transfer.transferSubs(subs, run))
    expect(thrown).toBeUndefined()
    expect(all).toHaveLength(30)
    const failed = all.filter(({ error }) => error !== undefined)
    expect(failed).toEqual([{ sub: gone, error: expect.anything() }])
    expect(failed[0]?.error).toMatchObject({
      code: 'ERR_APPLE_TOKEN',
      appleError: 'invalid_request',
      message: expect.stringContaining('no longer uses the app'),
      details: { sub: gone, targetTeamId: takerTeam, status: 400 },
    })
    expect(progress.at(-1)).toEqual({ done: 29, failed: 1, skipped: 0 })

    revoke(late)
    const ids = all.flatMap(({ transferSub }) => transferSub ?? [])
    const { all: taken } = await collect(teams.taker.transfer.exchangeAll(ids))
    const refused = taken.filter(({ error }) => error !== undefined)
    const lateId = all.find(({ sub }) => sub === late)?.transferSub
    expect(refused).toEqual([{ transferSub: lateId, error: expect.anything() }])
    expect(refused[0]?.error?.details).toMatchObject({ transferSub: lateId })
    expect(taken).toHaveLength(29)
  })

  it('are told apart from a transfer that is over: a hundred in a row end it', async () => {
    await start(130)
    const days60 = 60 * 24 * 60 * 60
    const { all, thrown } = await withClockAhead(days60, () =>
      collect(teams.giver.transfer.transferSubs(subs, { targetTeamId: takerTeam })),
    )
    expect(all).toHaveLength(100)
    expect(thrown).toMatchObject({
      code: 'ERR_APPLE_TOKEN',
      appleError: 'invalid_request',
      message: expect.stringContaining('60 days'),
      details: { refusedInARow: 100 },
      cause: { details: { sub: expect.any(String) } },
    })
    expect(teams.asked.length).toBeLessThanOrEqual(104)
  })

  function revoke(sub: string): void {
    const person = teams.simulator.people.find(({ id }) => teams.simulator.subject(id, 'GIVER00001') === sub)
    teams.simulator.revokeGrant({ personId: person?.id ?? '' })
  }
})
