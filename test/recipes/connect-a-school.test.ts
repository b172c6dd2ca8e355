import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { Express } from 'express'
import request, { type Response } from 'supertest'
import type { RosterUser } from '../../src/index.js'
import { type AppleSimulator, createAppleSimulator } from '../../src/simulator/index.js'
import { answerConsent } from '../../src/testing/consent.js'
import { findPerson, type PersonReference } from '../../src/testing/people.js'
import { until } from '../support/until.js'
import { loadRecipe } from './load-recipe.js'

interface SchoolRecipe {
  readonly app: Express
  readonly customers: Set<string>
  readonly people: Map<string, Map<string, RosterUser>>
  readonly readSchools: (signal: AbortSignal) => Promise<void>
}
type Visitor = ReturnType<typeof request.agent>

const firstSchool = '5f0f6d1e-0001-4a5c-9a51-51c7b0a1f001'
const secondSchool = '5f0f6d1e-0002-4a5c-9a51-51c7b0a1f002'
const testOrganization = '5f0f6d1e-0100-4a5c-9a51-51c7b0a1f100'

const environment = { ...process.env }
const log = jest.spyOn(console, 'error')

let simulator: AppleSimulator
let server: Server
let url: string
let recipe: SchoolRecipe
/** What Apple tells the app does not arrive. */
let isDeaf: boolean

beforeEach(async () => {
  log.mockReset()
  isDeaf = false
  simulator = createAppleSimulator({ notificationRetryWaitsMs: [] })
  await simulator.listen()
  server = createServer().unref()
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  url = `http://localhost:${String((server.address() as AddressInfo).port)}`
  setVariables()
  recipe = loadRecipe('Connect a school') as unknown as SchoolRecipe
  server.on('request', (req, res) => {
    if (isDeaf && req.url?.endsWith('/notifications') === true) res.writeHead(503).end()
    else recipe.app(req, res)
  })
})
afterEach(async () => {
  process.env = { ...environment }
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await simulator.close()
})

function setVariables(): void {
  const people = simulator.createClient({
    service: 'sign-in-with-apple',
    redirectUris: [`${url}/auth/apple/callback`],
  })
  const schools = simulator.createClient({
    service: 'account-data-sharing',
    redirectUris: [`${url}/auth/school/callback`],
    notificationUrl: `${url}/auth/school/notifications`,
    envPrefix: 'APPLE_SCHOOL_',
  })
  Object.assign(process.env, people.environment, schools.environment, {
    SESSION_SECRET: 'test',
    // On a busy machine the simulator's first key takes longer than an Apple that is up.
    APPLE_HTTP_TIMEOUT_MS: '20000',
    APPLE_SCHOOL_HTTP_TIMEOUT_MS: '20000',
  })
}

/** Opens a guarded page, agrees at Apple as that person, and gives the callback's answer. */
async function openPage(visitor: Visitor, page: string, person: PersonReference): Promise<Response> {
  const begun = await visitor.get(page).set('Accept', 'text/html')
  expect(begun.status).toBe(302)
  return finish(visitor, begun, person)
}

async function finish(visitor: Visitor, begun: Response, person: PersonReference): Promise<Response> {
  const authorizeUrl = new URL(begun.headers.location ?? '')
  const { method, url: to, fields } = await answerConsent(simulator, authorizeUrl, findPerson(simulator, person), {})
  if (method === 'GET') return visitor.get(`${to.pathname}${to.search}`)
  return visitor.post(to.pathname).set('Sec-Fetch-Site', 'same-origin').type('form').send(fields)
}

async function connect(person: PersonReference = 'school-administrator'): Promise<Visitor> {
  const visitor = request.agent(url)
  const answer = await openPage(visitor, '/school', person)
  expect([answer.status, answer.headers.location]).toEqual([303, '/school'])
  return visitor
}

function read(): Promise<void> {
  return recipe.readSchools(AbortSignal.timeout(20_000))
}

async function me(person: PersonReference): Promise<unknown> {
  const visitor = request.agent(url)
  expect((await openPage(visitor, '/me', person)).headers.location).toBe('/me')
  return (await visitor.get('/me')).body
}

function logged(): string {
  return log.mock.calls.flat().map(String).join('\n')
}

describe('the recipe that connects a school', () => {
  it('leads an administrator from the home page to Apple and back to a connected school', async () => {
    const home = await request(url).get('/')
    expect(home.text).toContain('<a href="/school">')
    const page = await (await connect()).get('/school')
    expect(page.text).toContain('Your school is working; people read: 0.')
  })

  it('refuses a school that is no customer, keeps nothing of it, and logs its id', async () => {
    const visitor = request.agent(url)
    const answer = await openPage(visitor, '/school', 'other-administrator')
    expect(answer.status).toBe(403)
    expect(answer.text).not.toContain('customer')
    expect(logged()).toContain(`Second School (${secondSchool}) is no customer.`)
    expect((await visitor.get('/school').set('Accept', 'text/html')).status).toBe(302)
    await read()
    expect(recipe.people.size).toBe(0)
  })

  it('reads every connected school at night', async () => {
    recipe.customers.add(secondSchool)
    const administrator = await connect()
    await connect('other-administrator')
    await read()
    expect([recipe.people.get(firstSchool)?.size, recipe.people.get(secondSchool)?.size]).toEqual([120, 40])
    expect((await administrator.get('/school')).text).toContain('people read: 120.')
    expect(log).not.toHaveBeenCalled()
  })

  it('reads the next school where one fails, and keeps what it read of that one before', async () => {
    recipe.customers.add(secondSchool)
    await connect()
    await read()
    await connect('other-administrator')
    simulator.fail({ endpoint: 'roster', path: '/users', status: 403 })
    await read()
    expect([recipe.people.get(firstSchool)?.size, recipe.people.get(secondSchool)?.size]).toEqual([120, 40])
    expect(logged()).toMatch(new RegExp(`${firstSchool}\nAppleRosterError`))
  })

  it('stops at once when it is told to', async () => {
    await connect()
    simulator.fail({ endpoint: 'roster', path: '/users', connection: 'hang' })
    const stop = new AbortController()
    const reading = recipe.readSchools(stop.signal)
    await until(() => simulator.requests.some(({ path }) => path === '/users'))
    stop.abort(new Error('it is morning'))
    await expect(reading).rejects.toThrow('it is morning')
    expect(recipe.people.size).toBe(0)
  })

  it('knows by the school who signs in with Apple, and nobody of another school or of none', async () => {
    await connect()
    await read()
    expect(await me('class-teacher')).toEqual({ school: 'First School', name: 'Class' })
    // The same id in two schools is two people.
    const stranger = simulator.people.find(({ organizationId }) => organizationId === secondSchool)?.id ?? ''
    recipe.people.get(firstSchool)?.set(stranger, { id: stranger, givenName: 'Another' })
    expect(await me('other-administrator')).toEqual({})
    expect(await me('home-user')).toEqual({})
  })

  it('tells of a broken connection, keeps what was read, and is mended by a click', async () => {
    const administrator = await connect()
    await read()
    // Nothing but the refused refresh tells of it.
    isDeaf = true
    simulator.revokeGrant({ organizationId: firstSchool })
    await read()
    expect(logged()).toContain(`${firstSchool} cannot be read (invalid_grant)`)
    const { text } = await administrator.get('/school')
    expect(text).toContain('Your school is broken; people read: 120.')
    const [, again = ''] = /<a href="([^"]*)">Connect it again/.exec(text) ?? []
    const mended = await finish(administrator, await administrator.get(again), 'school-administrator')
    expect(mended.headers.location).toBe('/school')
    expect((await administrator.get('/school')).text).toContain('Your school is working; people read: 120.')
  })

  it('goes on reading after the administrator has signed out', async () => {
    const administrator = await connect()
    expect((await administrator.post('/auth/school/logout')).status).toBe(303)
    expect((await administrator.get('/school').set('Accept', 'text/html')).status).toBe(302)
    await read()
    expect(recipe.people.get(firstSchool)?.size).toBe(120)
  })

  it('disconnects by its button alone: then the grant has ended, and what was read is gone', async () => {
    const administrator = await connect()
    await read()
    isDeaf = true
    for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }, {}]) {
      expect((await administrator.post('/school/disconnect').set(headers)).status).toBe(403)
    }
    expect((await request(url).post('/school/disconnect').set('Origin', url)).status).toBe(401)
    const answer = await administrator.post('/school/disconnect').set('Sec-Fetch-Site', 'same-origin')
    expect([answer.status, answer.headers.location]).toEqual([303, '/'])
    expect(recipe.people.size).toBe(0)
    expect(simulator.revokeGrant({ organizationId: firstSchool })).toBe(0)
    expect((await administrator.get('/school').set('Accept', 'text/html')).status).toBe(302)
  })

  it('brings nothing back of a school that is disconnected while it is read', async () => {
    const administrator = await connect()
    simulator.fail({ endpoint: 'roster', path: '/users', delayMs: 300 })
    // Apple goes on to answer: the app alone knows that it must not keep what comes.
    simulator.fail({ endpoint: 'revoke', status: 503, times: Infinity })
    const reading = read()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await administrator.post('/school/disconnect').set('Origin', url)).status).toBe(303)
    await reading
    expect(recipe.people.size).toBe(0)
    expect(log).not.toHaveBeenCalled()
  })

  it('deletes a school and signs its administrator out when Apple tells that it took its consent back', async () => {
    const administrator = await connect()
    await read()
    const { status } = await simulator.notify({ type: 'consent-revoked', organizationId: firstSchool })
    expect(status).toBe(200)
    expect(recipe.people.size).toBe(0)
    expect((await administrator.get('/school').set('Accept', 'text/html')).status).toBe(302)
    await read()
    expect(recipe.people.size).toBe(0)
  })

  it('deletes what is left of a school that is not connected any more', async () => {
    recipe.people.set(secondSchool, new Map())
    const { status } = await simulator.notify({ type: 'consent-revoked', organizationId: secondSchool })
    expect([status, recipe.people.size]).toEqual([200, 0])
  })

  it('reads Apple’s made-up school under the test scope', async () => {
    process.env.APPLE_SCHOOL_SCOPE = 'edu.rosterapi.test.read'
    recipe = loadRecipe('Connect a school') as unknown as SchoolRecipe
    recipe.customers.add(testOrganization)
    await connect('developer-account')
    await read()
    expect(recipe.people.get(testOrganization)?.size).toBe(130)
  })
})
