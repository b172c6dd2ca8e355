import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { inspect } from 'node:util'
import type { AppleAuthError, AppleConnection } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { expectNoSecret } from '../support/expect-refused.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { connectSchool, refreshesAt, rejectionOf } from '../support/schools.js'
import { TestApp } from '../support/test-app.js'
import { deadlineFor, detailsOf, type Fault, faults, pathsAsked, strikeWhere } from './faults.js'
import { type Heard, listen } from './operator.js'

/** A connected school that is read by night, and what happens to its refreshes. */
interface School {
  readonly fault: Fault
  readonly app: TestApp
  readonly heard: readonly Heard[]
}

/** What has come of reading it while its access token could not be renewed. */
interface Outcome extends Omit<School, 'fault'> {
  readonly error: AppleAuthError
  /** The connection right after. */
  readonly connection: AppleConnection | undefined
  /** The school's name as it was read once Apple behaved. */
  readonly afterwards: string | undefined
}

/** A refresh is asked for anew after growing waits of up to seven seconds in all, so that all schools are read at once. */
const patienceMs = 120_000
const twoHours = 2 * 60 * 60

let apple: LoopbackApple
const outcomes = new Map<Fault, Outcome>()

beforeAll(async () => {
  apple = await LoopbackApple.start()
  const schools: School[] = []
  for (const fault of faults) schools.push(await startSchool(fault))
  apple.tokenAnswer = {}
  await withClockAhead(twoHours, () => readAll(schools))
}, patienceMs)

afterAll(async () => {
  await Promise.all([...outcomes.values()].map(({ app }) => app.stop()))
  await apple.stop()
})

async function startSchool(fault: Fault): Promise<School> {
  const app = await TestApp.start(apple.url, {
    options: { service: 'account-data-sharing', httpTimeoutMs: deadlineFor(fault) },
  })
  apple.tokenAnswer = { refresh_token: refreshTokenFor(fault) }
  await connectSchool(apple, app)
  return { fault, app, heard: listen(app.apple) }
}

/** The refresh token that is sent decides what happens. */
function refreshTokenFor(fault: Fault): string {
  return `r${'0'.repeat(32)}.0.${String(faults.indexOf(fault))}`
}

async function readAll(schools: readonly School[]): Promise<void> {
  strikeWhere(apple, ({ form }) => faults.find((fault) => form.get('refresh_token') === refreshTokenFor(fault)))
  const failures = await Promise.all(
    schools.map(async ({ app: { apple: auth } }) => {
      const error: AppleAuthError = await rejectionOf(auth.connections.roster('org-1').organization())
      return { error, connection: await auth.connections.get('org-1') }
    }),
  )
  apple.misbehave = () => false
  apple.organization = { id: 'org-1', name: 'Read at last' }
  for (const [index, { fault, app, heard }] of schools.entries()) {
    const failure = failures[index]
    const { name: afterwards } = await app.apple.connections.roster('org-1').organization()
    if (failure !== undefined) outcomes.set(fault, { ...failure, app, heard, afterwards })
  }
}

describe('reading a school by night while the token endpoint', () => {
  it.each(faults)('$name: fails after some attempts, breaks no connection, and works the next time', (fault) => {
    const outcome = outcomes.get(fault)
    if (outcome === undefined) throw new Error('this school was not read')
    expect(outcome.error).toMatchObject({ code: 'ERR_APPLE_UNAVAILABLE', details: detailsOf(fault) })
    expectNoSecret(inspect(outcome.error, { depth: 9, showHidden: true }))
    // No word of a broken connection; the last reading has renewed the token.
    expect(outcome.heard.map(({ name }) => name)).toEqual(['refresh'])

    expect(outcome.connection).toMatchObject({ status: 'working', broken: undefined })
    expect(outcome.afterwards).toBe('Read at last')
    const asked = refreshesAt(apple).filter((form) => form.get('refresh_token') === refreshTokenFor(fault))
    // Four in vain, and the one that worked.
    expect(asked).toHaveLength(5)
    expect(pathsAsked(apple)).not.toContain('/elsewhere')
  })
})
