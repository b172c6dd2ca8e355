import { format } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import createDebug from 'debug'
import { expectNoSecret } from '../support/expect-refused.js'
import { signIn } from '../support/login-steps.js'
import { administrator } from '../support/schools.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { failLogin, tryAgain } from './fail-login.js'
import { deadlineFor, deadlineMs, type Fault, faults, pathsAsked, strike } from './faults.js'
import { listen } from './operator.js'
import { addPages } from './pages.js'

const { apple, startApp } = useApple()
const { log } = createDebug
let lines: string[]

beforeEach(() => {
  lines = []
  createDebug.enable('express-apple-auth')
  createDebug.log = (...values: unknown[]) => {
    lines.push(format(...values))
  }
})
afterEach(() => {
  createDebug.disable()
  createDebug.log = log
})

function start(httpTimeoutMs = 5000): Promise<TestApp> {
  return startApp({
    options: { service: 'account-data-sharing', httpTimeoutMs },
    routes: addPages,
  })
}

function strikeOrganization(fault: Fault): void {
  strike(apple, '/organization', fault)
}

/** The code and the facts of the error for a fault at the Roster API. */
function causeOf({ reason, status }: Fault): object {
  return reason === undefined
    ? { code: 'ERR_APPLE_ROSTER', appleStatus: status }
    : { code: 'ERR_APPLE_UNAVAILABLE', details: { reason } }
}

const asked = expect.arrayContaining(['/auth/oauth2/v2/token', '/rosterapi/v1/organization'])

describe('a Data Sharing login that an id_token identifies, while the Roster API', () => {
  it.each(faults)('$name: stands, and the school is read later', async (fault) => {
    const app = await start(deadlineFor(fault))
    const heard = listen(app.apple)
    const visitor = app.visitor()
    strikeOrganization(fault)
    const answer = await signIn(apple, visitor, { idToken: { claims: { sub: administrator } } })
    expect(answer.status).toBe(303)
    expect((await visitor.get('/private')).body).toEqual({ user: expect.objectContaining({ sub: administrator }) })

    expect(heard).toMatchObject([{ name: 'login', payload: { organization: undefined } }])
    const text = lines.join('\n')
    expect(text).toContain('the school could not be read, the login stands')
    expect(text).toContain(fault.reason ?? String(fault.status))
    expectNoSecret(text)
    expect(app.errors).toEqual([])

    expect(apple.requestsTo('/organization')).toHaveLength(1)
    expect(pathsAsked(apple)).not.toContain('/elsewhere')
    // Nobody has said which school this is, so none is connected.
    expect(await app.apple.connections.get('org-1')).toBeUndefined()
    apple.misbehave = () => false
    expect((await visitor.get('/school')).body.id).toBe('org-1')
    expect((await visitor.get('/private')).body.organization.id).toBe('org-1')
  })

  it('says nothing, and the id_token names the school: it is connected all the same', async () => {
    const app = await start(deadlineMs)
    strikeOrganization({ name: 'says nothing', answer: () => undefined })
    const claims = { sub: administrator, org_id: 'org-1' }
    expect((await signIn(apple, app.visitor(), { idToken: { claims } })).status).toBe(303)
    const connection = await app.apple.connections.get('org-1')
    expect(connection).toMatchObject({ status: 'working', organization: undefined, connectedBy: administrator })
  })
})

describe('a Data Sharing login that nothing but the Roster API identifies, while it', () => {
  it.each(faults)('$name: fails and connects nothing, and the next one works', async (fault) => {
    const app = await start(deadlineFor(fault))
    const visitor = app.visitor()
    const error = await failLogin(apple, app, {
      visitor,
      status: 403,
      code: 'ERR_APPLE_IDENTITY',
      say: tryAgain,
      idToken: 'none',
      strike: () => {
        strikeOrganization(fault)
      },
    })
    const cause = causeOf(fault)
    expect(error.cause).toMatchObject(cause)
    expect(error.details).toEqual({ reason: (cause as { code: string }).code })
    expect(pathsAsked(apple)).toEqual(['/auth/oauth2/v2/token', '/rosterapi/v1/organization'])
    expect(await app.apple.connections.get('org-1')).toBeUndefined()

    apple.misbehave = () => false
    expect((await signIn(apple, visitor, { idToken: 'none' })).status).toBe(303)
    expect(await app.apple.connections.get('org-1')).toMatchObject({ status: 'working' })
  })

  it('is slow, within the deadline: works', async () => {
    const app = await start()
    const visitor = app.visitor()
    apple.delay = () => 300
    expect((await signIn(apple, visitor, { idToken: 'none' })).status).toBe(303)
    expect((await visitor.get('/private')).body.organization.id).toBe('org-1')
    expect(pathsAsked(apple)).toEqual(asked)
  })
})
