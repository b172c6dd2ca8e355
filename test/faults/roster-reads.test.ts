import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Response } from 'supertest'
import type { AppleAuthError } from '../../src/index.js'
import { expectNoSecret } from '../support/expect-refused.js'
import type { Visitor } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { connectSchool, rejectionOf } from '../support/schools.js'
import { TestApp } from '../support/test-app.js'
import { appleIsSilent } from './fail-login.js'
import { deadlineFor, type Fault, faults, pathsAsked, strikeWhere } from './faults.js'
import { type Heard, lastError, listen } from './operator.js'
import { expectNeutral } from './visit.js'

/** What has come of a school's reading. */
interface Outcome {
  readonly app: TestApp
  readonly visitor: Visitor
  readonly heard: readonly Heard[]
  /** What a person got on a page, and what the operator got there and in the night. */
  readonly page: Response
  readonly errors: readonly AppleAuthError[]
  /** The same where the fault passes after the first request. */
  readonly passedPage: Response
}

/** A request is made anew after growing waits of up to seven seconds in all, so that all schools are read at once. */
const patienceMs = 120_000

let apple: LoopbackApple
const outcomes = new Map<Fault, Outcome>()

beforeAll(async () => {
  apple = await LoopbackApple.start()
  const schools = await Promise.all(faults.map(startSchool))
  strikeReadings()
  await Promise.all(
    schools.map(async ({ fault, ...school }) => {
      outcomes.set(fault, { ...school, ...(await read(fault, school)) })
    }),
  )
}, patienceMs)

afterAll(async () => {
  await Promise.all([...outcomes.values()].map(({ app }) => app.stop()))
  await apple.stop()
})

const knows: Fault['answer'] = (res) =>
  res.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"somebody"}')

async function startSchool(fault: Fault) {
  const app = await TestApp.start(apple.url, {
    options: { service: 'account-data-sharing', httpTimeoutMs: deadlineFor(fault) },
    routes: (routes) => {
      routes.get('/people/:id', (req, res, next) => {
        req.apple.roster.user(req.params.id).then((person) => res.json(person), next)
      })
    },
  })
  const visitor = await connectSchool(apple, app)
  return { fault, app, visitor, heard: listen(app.apple) }
}

/** Who is read decides what happens: the fault of that number, each time or the first time. */
function strikeReadings(): void {
  const asked = new Set<string>()
  strikeWhere(apple, ({ path }) => {
    const [, kind, index] = /\/users\/(\w+)-(\d+)/.exec(path) ?? []
    const isStruck = kind === 'lasting' || (kind === 'passing' && !asked.has(path))
    asked.add(path)
    return (isStruck ? faults[Number(index)] : undefined) ?? { name: 'knows this person', answer: knows }
  })
}

async function read(fault: Fault, { app, visitor }: { app: TestApp; visitor: Visitor }) {
  const [lasting, passing] = [nameOf('lasting', fault), nameOf('passing', fault)]
  const [page, nightly] = await Promise.all([
    visitor.get(`/people/${lasting}`).then(),
    rejectionOf(app.apple.connections.roster('org-1').user(`${lasting}-nightly`)),
  ])
  const errors: readonly AppleAuthError[] = [lastError(app), nightly]
  return { page, errors, passedPage: await visitor.get(`/people/${passing}`) }
}

function nameOf(kind: 'lasting' | 'passing', fault: Fault): string {
  return `${kind}-${String(faults.indexOf(fault))}`
}

function outcomeOf(fault: Fault): Outcome {
  const outcome = outcomes.get(fault)
  if (outcome === undefined) throw new Error('this school was not read')
  return outcome
}

/** No answer, and 5xx: the next attempt may go well. A wait of an hour, and what is no answer, are not waited for. */
function isWorthAnother({ reason, status = 0 }: Fault): boolean {
  return reason === 'timeout' || reason === 'network' || status >= 500
}

describe('reading people while the Roster API', () => {
  it.each(faults)('$name: fails for the page and by night, and leaves login and connection', async (fault) => {
    const { app, visitor, heard, page, errors } = outcomeOf(fault)
    const [code, say, facts] =
      fault.reason === undefined
        ? ['ERR_APPLE_ROSTER', 'The school’s data cannot be read at the moment.', { appleStatus: fault.status }]
        : ['ERR_APPLE_UNAVAILABLE', appleIsSilent, { reason: fault.reason }]
    expect([page.status, page.body]).toEqual([424, { code, say }])
    expectNeutral(page)

    const attempts = isWorthAnother(fault) ? 4 : 1
    for (const error of errors) {
      expect(error).toMatchObject({ code, details: { path: '/users/{id}', attempts, ...facts } })
      expectNoSecret(inspect(error, { depth: 9, showHidden: true }))
    }
    expect(heard).toEqual([])

    for (const name of [nameOf('lasting', fault), `${nameOf('lasting', fault)}-nightly`]) {
      expect(apple.requestsTo(`/users/${name}`)).toHaveLength(attempts)
    }
    expect(pathsAsked(apple)).not.toContain('/elsewhere')
    expect((await visitor.get('/private')).body).toMatchObject({ organization: { id: 'org-1' } })
    expect(await app.apple.connections.get('org-1')).toMatchObject({ status: 'working' })
    expect((await visitor.get('/people/somebody')).body).toEqual({ id: 'somebody' })
  })

  it.each(faults.filter(isWorthAnother))('$name once: nobody notices', (fault) => {
    const { passedPage } = outcomeOf(fault)
    expect([passedPage.status, passedPage.body]).toEqual([200, { id: 'somebody' }])
    expect(apple.requestsTo(`/users/${nameOf('passing', fault)}`)).toHaveLength(2)
  })

  it('is slow, within the deadline: works', async () => {
    apple.misbehave = () => false
    const { app } = await startSchool({ name: 'slow', answer: knows })
    apple.misbehave = (_request, res) => {
      setTimeout(() => knows(res), 300)
      return true
    }
    expect(await app.apple.connections.roster('org-1').user('somebody')).toEqual({ id: 'somebody' })
    await app.stop()
  })
})
