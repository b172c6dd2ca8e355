import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { AppleAuth } from '../../src/index.js'
import { loadRecipe } from '../recipes/load-recipe.js'
import type { App } from '../simulator/support/app.js'
import { consumers, takerTeam, TwoTeams } from './two-teams.js'

interface Team {
  apple: AppleAuth
  moved: Map<string, string>
  taken: Map<string, { sub: string; email?: string }>
  refused: Map<string, string>
  giveAway: (subs: Iterable<string>, toTeamId: string) => Promise<void>
  takeOver: (transferSubs: Iterable<string>) => Promise<void>
}

let teams: TwoTeams
const instances: AppleAuth[] = []

/** The recipe as one team runs it. */
function load({ credentials }: App): Team {
  const before = { ...process.env }
  Object.assign(process.env, credentials.environment)
  const team = loadRecipe('Moving an app to another team') as unknown as Team
  process.env = before
  instances.push(team.apple)
  return team
}

beforeAll(async () => {
  teams = await TwoTeams.start(consumers(30))
})
afterEach(() => Promise.all(instances.splice(0).map((instance) => instance.close())))
afterAll(() => teams.stop())

describe('the README’s recipe for a move to another team', () => {
  it('moves everybody who still uses the app, and asks nobody again when it is run again', async () => {
    const [giver, taker] = [load(teams.giverApp), load(teams.takerApp)]
    const subs = await teams.everybodyUsesIt()
    const [gone] = teams.simulator.people
    teams.begin()
    teams.simulator.revokeGrant({ personId: gone?.id ?? '' })
    await giver.giveAway(subs, takerTeam)
    await giver.giveAway(subs, takerTeam)
    expect(giver.moved.size).toBe(29)
    expect([...giver.refused]).toEqual([[gone?.id, 'invalid_request']])
    expect(teams.asked).toHaveLength(30)

    await taker.takeOver(giver.moved.values())
    await taker.takeOver(giver.moved.values())
    expect(taker.taken.size).toBe(29)
    expect(teams.asked).toHaveLength(59)
    for (const [sub, transferSub] of giver.moved) {
      expect(taker.taken.get(transferSub)).toMatchObject({ sub: teams.simulator.subject(sub, takerTeam) })
    }
  })
})
