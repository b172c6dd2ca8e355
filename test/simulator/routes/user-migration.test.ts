import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, encodeForm, form, personId, type Fields } from '../support/app.js'
import { decodeIdToken } from '../support/id-token.js'

const service = 'sign-in-with-apple'
const day = 24 * 60 * 60 * 1000
const path = '/auth/usermigrationinfo'

let clock: number
let simulator: AppleSimulator
/** Of the team that gives its app away. */
let giver: App
/** Of the team that gets it. */
let taker: App
let home: string
let teacher: string

beforeEach(async () => {
  clock = Date.parse('2026-03-01T12:00:00Z')
  simulator = createAppleSimulator({ now: () => clock })
  await simulator.listen()
  giver = new App(simulator, service, { teamId: 'GIVER00001' }, () => clock)
  taker = new App(simulator, service, { teamId: 'TAKER00001' }, () => clock)
  home = personId(simulator, 'Home User')
  teacher = personId(simulator, 'Class Teacher')
  await giver.approve(home, {}, { hide_email: 'true' })
  await giver.approve(teacher)
})

afterEach(() => simulator.close())

function begin(app = giver, toTeamId = 'TAKER00001'): void {
  simulator.transferApp({ clientId: app.credentials.clientId, toTeamId })
}

async function teamToken(app: App): Promise<string> {
  const { body } = await app.token({ grant_type: 'client_credentials', scope: 'user.migration' })
  return body.access_token
}

async function post(app: App, fields: Fields, headers: Record<string, string> = {}, method = 'POST') {
  const body = encodeForm({ ...app.identity(), ...fields })
  const init = { ...form(body), method, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } }
  const response = await fetch(`${simulator.url}${path}`, method === 'GET' ? { method } : init)
  const text = await response.text()
  return { status: response.status, text, headers: response.headers, body: text && (JSON.parse(text) as unknown) }
}

async function ask(app: App, fields: Fields) {
  return post(app, fields, { authorization: `Bearer ${await teamToken(app)}` })
}

function askForTransfer(person: string, fields: Fields = {}, app = giver) {
  const sub = simulator.subject(person, app.credentials.teamId)
  return ask(app, { sub, target: 'TAKER00001', ...fields })
}

async function transferSub(person: string, app = giver): Promise<string> {
  return ((await askForTransfer(person, {}, app)).body as { transfer_sub: string }).transfer_sub
}

const refused = { status: 400, body: { error: 'invalid_request' } }

describe('the transferring team', () => {
  it('gets a transfer_sub of the shape of a sub, by Apple’s headers', async () => {
    begin()
    const { status, body, headers } = await askForTransfer(home)
    expect(status).toBe(200)
    expect(body).toEqual({ transfer_sub: expect.stringMatching(/^\d{6}\.[0-9a-f]{32}\.\d{4}$/) })
    expect(await transferSub(teacher)).toMatch(/^\d{6}\.[A-Za-z0-9+/]{40}\.[A-Za-z0-9+/]{4}$/)
    expect(headers.get('content-type')).toBe('application/json;charset=UTF-8')
    expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache'])
    expect(simulator.requests.at(-1)).toMatchObject({ endpoint: 'usermigrationinfo', service, status: 200 })
  })

  it('gets the same one again and from each of its apps, and another one for another team', async () => {
    const other = new App(simulator, service, { teamId: 'GIVER00001' }, () => clock)
    await other.approve(home)
    begin()
    begin(other)
    const first = await transferSub(home)
    expect(await transferSub(home)).toBe(first)
    expect(await transferSub(home, other)).toBe(first)
    expect([first]).not.toContain(simulator.subject(home, 'GIVER00001'))
    expect([first]).not.toContain(simulator.subject(home, 'TAKER00001'))
    begin(other, 'OTHERTEAM1')
    const elsewhere = await askForTransfer(home, { target: 'OTHERTEAM1' }, other)
    expect(elsewhere.body).not.toEqual({ transfer_sub: first })
    expect(elsewhere.status).toBe(200)
  })

  it('moves with the app the others of its group, and no app beside it', async () => {
    const group = { teamId: 'GIVER00001', groupId: 'com.example.app1' }
    const ofGroup = new App(simulator, service, group, () => clock)
    const beside = new App(simulator, service, { teamId: 'GIVER00001' }, () => clock)
    await beside.approve(home)
    begin()
    expect((await askForTransfer(home, {}, ofGroup)).status).toBe(200)
    expect(await askForTransfer(home, {}, beside)).toMatchObject(refused)
  })

  it.each([
    ['somebody who never used the app', () => askForTransfer(personId(simulator, 'First Student'))],
    ['a sub that is nobody', () => ask(giver, { sub: '000000.nobody.0000', target: 'TAKER00001' })],
    ['the sub that another team sees', () => askForTransfer(home, { sub: simulator.subject(home, 'TAKER00001') })],
    ['another target', () => askForTransfer(home, { target: 'OTHERTEAM1' })],
    ['its own team', () => askForTransfer(home, { target: 'GIVER00001' })],
  ])('is refused for %s', async (_name, send) => {
    begin()
    expect(await send()).toMatchObject(refused)
    expect(simulator.requests.at(-1)).toMatchObject({ error: 'invalid_request', reason: expect.any(String) })
  })

  it('is refused for a person who has revoked the app', async () => {
    begin()
    simulator.revokeGrant({ personId: home })
    expect(await askForTransfer(home)).toMatchObject(refused)
    expect((await askForTransfer(teacher)).status).toBe(200)
  })
})

describe('the receiving team', () => {
  it('gets the sub that its apps see, and the address only where it is a relay’s', async () => {
    begin()
    const moved = await ask(taker, { transfer_sub: await transferSub(home) })
    expect(moved).toMatchObject({ status: 200 })
    expect(moved.body).toEqual({
      sub: simulator.subject(home, 'TAKER00001'),
      email: expect.stringMatching(/@privaterelay\.appleid\.com$/),
      is_private_email: true,
    })
    const open = await ask(taker, { transfer_sub: await transferSub(teacher) })
    expect(open.body).toEqual({ sub: simulator.subject(teacher, 'TAKER00001') })
  })

  it('gets the relay address that its id_tokens show', async () => {
    begin()
    const { body } = await ask(taker, { transfer_sub: await transferSub(home) })
    const { action } = await taker.open()
    const { fields } = await taker.decide(action, { person: home, hide_email: 'true' })
    const { id_token } = (await taker.exchange(fields.code ?? '')).body
    expect(decodeIdToken(id_token).claims.email).toBe((body as { email: string }).email)
  })

  it.each([
    ['a transfer_sub that is none', () => ask(taker, { transfer_sub: '000000.nobody.0000' })],
    ['a sub', () => ask(taker, { transfer_sub: simulator.subject(home, 'TAKER00001') })],
    ['a transfer_sub of another team', async () => ask(giver, { transfer_sub: await transferSub(home) })],
  ])('is refused for %s', async (_name, send) => {
    begin()
    expect(await send()).toMatchObject(refused)
  })

  it('is refused for a person who has revoked the app in the meantime', async () => {
    begin()
    const id = await transferSub(home)
    simulator.revokeGrant({ personId: home })
    expect(await ask(taker, { transfer_sub: id })).toMatchObject(refused)
  })
})

describe('both teams', () => {
  it.each([
    ['nothing of either direction', {}],
    ['a sub alone', { sub: 'x' }],
    ['a target alone', { target: 'TAKER00001' }],
    ['both directions', { transfer_sub: 'x', sub: 'x' }],
    ['a target besides transfer_sub', { transfer_sub: 'x', target: 'TAKER00001' }],
    ['an empty transfer_sub', { transfer_sub: '' }],
    ['no client_id', { client_id: undefined, transfer_sub: 'x' }],
    ['no client_secret', { client_secret: undefined, transfer_sub: 'x' }],
  ])('are refused for %s', async (_name, fields) => {
    begin()
    expect(await ask(taker, fields)).toMatchObject(refused)
  })

  it('are refused with invalid_client for a client secret of another team, before the access token is looked at', async () => {
    begin()
    const fields = { transfer_sub: 'x', client_secret: giver.secret() }
    expect(await post(taker, fields)).toMatchObject({ status: 400, body: { error: 'invalid_client' } })
  })

  it('get 401 without a live access token', async () => {
    begin()
    const token = await teamToken(taker)
    simulator.expireAccessTokens()
    for (const headers of [{}, { authorization: 'Bearer junk' }, { authorization: `Bearer ${token}` }]) {
      const { status, text, headers: answered } = await post(taker, { transfer_sub: 'x' }, headers)
      expect([status, text]).toEqual([401, ''])
      expect(answered.get('www-authenticate')).toContain('invalid_token')
    }
    expect(simulator.requests.at(-1)?.reason).toContain('access token')
  })

  it('are refused for a person’s access token, and for another client’s', async () => {
    begin()
    const persons = (await taker.signIn(home)).access_token
    for (const token of [persons, await teamToken(giver)]) {
      expect(await post(taker, { transfer_sub: 'x' }, { authorization: `Bearer ${token}` })).toMatchObject(refused)
      expect(simulator.requests.at(-1)?.reason).toContain('the access token is not one for user.migration')
    }
  })

  it('get 405 for another method', async () => {
    const { status, headers } = await post(taker, {}, {}, 'GET')
    expect([status, headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('get what fail() asks for', async () => {
    begin()
    simulator.fail({ endpoint: 'usermigrationinfo', status: 503 })
    expect((await askForTransfer(home)).status).toBe(503)
    expect((await askForTransfer(home)).status).toBe(200)
  })

  it('have 60 days on Apple’s clock', async () => {
    expect(await askForTransfer(home)).toMatchObject(refused)
    begin()
    const id = await transferSub(home)
    clock += 60 * day - 1000
    expect((await askForTransfer(home)).status).toBe(200)
    expect((await ask(taker, { transfer_sub: id })).status).toBe(200)
    clock += 1000
    expect(await askForTransfer(home)).toMatchObject(refused)
    expect(await ask(taker, { transfer_sub: id })).toMatchObject(refused)
    expect(simulator.endTransfer(giver.credentials.clientId)).toBe(false)
  })

  it('have them no longer after endTransfer()', async () => {
    begin()
    expect(simulator.endTransfer(giver.credentials.clientId)).toBe(true)
    expect(await askForTransfer(home)).toMatchObject(refused)
    expect(simulator.endTransfer(giver.credentials.clientId)).toBe(false)
  })
})

describe('transfer_sub in id_tokens', () => {
  const claimOf = async (app: App, person: string): Promise<unknown> =>
    decodeIdToken((await app.signIn(person)).id_token).claims.transfer_sub

  it('is the receiving team’s alone, for people of the app, while the transfer is open', async () => {
    expect(await claimOf(taker, home)).toBeUndefined()
    begin()
    expect(await claimOf(taker, home)).toBe(await transferSub(home))
    expect(await claimOf(giver, home)).toBeUndefined()
    expect(await claimOf(taker, personId(simulator, 'First Student'))).toBeUndefined()
    const { refresh_token } = await taker.signIn(home)
    expect(decodeIdToken((await taker.refresh(refresh_token)).body.id_token).claims).toHaveProperty('transfer_sub')
    clock += 60 * day
    expect(await claimOf(taker, home)).toBeUndefined()
  })

  it('is not in those of Data Sharing', async () => {
    const sharing = new App(simulator, 'account-data-sharing', { teamId: 'TAKER00001' }, () => clock)
    const administrator = personId(simulator, 'School Administrator')
    await giver.approve(administrator)
    begin()
    expect(await claimOf(sharing, administrator)).toBeUndefined()
    expect(await claimOf(taker, administrator)).toBeDefined()
  })
})

describe('transferApp', () => {
  it.each([
    ['an app that is not registered', { clientId: 'com.example.nobody', toTeamId: 'TAKER00001' }, /not registered/],
    ['its own team', { clientId: 'com.example.app1', toTeamId: 'GIVER00001' }, /already/],
    ['a team that is none', { clientId: 'com.example.app1', toTeamId: 'taker' }, /ten characters/],
    ['an option that there is not', { clientId: 'com.example.app1', toTeamId: 'TAKER00001', days: 3 }, /"days"/],
  ])('refuses %s', (_name, options, message) => {
    expect(() => {
      simulator.transferApp(options)
    }).toThrow(message)
  })

  it('refuses an app to which nobody signs in', () => {
    const { credentials } = new App(simulator, 'account-data-sharing')
    expect(() => simulator.endTransfer(credentials.clientId)).toThrow(/nobody to transfer/)
  })
})
