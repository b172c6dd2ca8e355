import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type AppleSimulatorOptions } from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { decodeIdToken } from '../support/id-token.js'
import { type RosterPage, RosterReader } from '../support/roster-reader.js'

describe('rosterEndpoint', () => {
  let clock: number
  let simulator: AppleSimulator
  let sharing: App

  async function start(options: AppleSimulatorOptions = {}): Promise<AppleSimulator> {
    clock = Date.now()
    simulator = createAppleSimulator({ now: () => clock, ...options })
    await simulator.listen()
    sharing = new App(simulator, 'account-data-sharing', {}, () => clock)
    return simulator
  }

  afterEach(() => simulator.close())

  const signIn = (name: string, scope = 'edu.users.read') => sharing.signIn(personId(simulator, name), { scope })

  describe('with default options', () => {
    beforeEach(() => start())

    it("answers the organization of the token's school", async () => {
      const tokens = await signIn('School Administrator')
      const { status, body } = await sharing.organization(tokens.access_token)
      expect(status).toBe(200)
      expect(body).toEqual({
        id: decodeIdToken(tokens.id_token).claims.org_id,
        type: 'EDUCATION',
        name: 'First School',
        domains: [{ name: 'first-school.example', isVerified: true }],
        dateCreated: '2024-08-01T08:00:00.000000000Z',
        dateLastModified: '2025-08-01T08:00:00.000000000Z',
      })
      const elsewhere = await sharing.organization(
        (await signIn('Other Administrator', 'edu.classes.read')).access_token,
      )
      expect(elsewhere.body).toMatchObject({ name: 'Second School' })
    })

    it('answers the test organization to the test scope', async () => {
      const { access_token } = await signIn('Developer Account', 'edu.rosterapi.test.read')
      expect((await sharing.organization(access_token)).body).toMatchObject({
        name: 'Apple School Manager Test Organization',
        domains: [{ name: 'mytestschool.org', isVerified: false }],
      })
    })

    it('answers 401 without a body to no token, another scheme, an unknown token and a refresh token', async () => {
      const { access_token, refresh_token } = await signIn('Site Manager')
      for (const authorization of [undefined, `Basic ${access_token}`, 'Bearer junk', `Bearer ${refresh_token}`]) {
        const headers = authorization === undefined ? {} : { authorization }
        for (const path of ['/organization', '/users', '/classes/nothing', '/locations?limit=0']) {
          const response = await fetch(`${simulator.url}/rosterapi/v1${path}`, { headers })
          expect([response.status, await response.text()]).toEqual([401, ''])
        }
      }
      expect(simulator.requests.at(-1)).toMatchObject({ endpoint: 'roster', status: 401, path: '/locations' })
    })

    it('answers 401 when the access token is an hour old, and 200 after a refresh', async () => {
      const { access_token, refresh_token } = await signIn('Site Manager')
      clock += 3_599_999
      expect((await sharing.organization(access_token)).status).toBe(200)
      clock += 1
      expect((await sharing.organization(access_token)).status).toBe(401)
      const { body } = await sharing.refresh(refresh_token)
      expect((await sharing.organization(body.access_token)).status).toBe(200)
    })

    it('answers 401 after expireAccessTokens and after the school ended its consent', async () => {
      const first = await signIn('School Administrator')
      simulator.expireAccessTokens()
      expect((await sharing.organization(first.access_token)).status).toBe(401)
      const { body } = await sharing.refresh(first.refresh_token)
      const organizationId = String(decodeIdToken(first.id_token).claims.org_id)
      expect(simulator.revokeGrant({ organizationId: 'another' })).toBe(0)
      expect(simulator.revokeGrant({ organizationId })).toBe(1)
      expect((await sharing.organization(body.access_token)).status).toBe(401)
    })

    it('answers 403 without a scope for it', async () => {
      const { access_token } = await signIn('School Administrator', '')
      const { status, text } = await sharing.organization(access_token)
      expect([status, text]).toEqual([403, ''])
      const app = new App(simulator, 'sign-in-with-apple', {}, () => clock)
      const { access_token: personal } = await app.signIn(personId(simulator, 'School Administrator'))
      expect((await sharing.organization(personal)).status).toBe(403)
    })

    it('asks each resource for its own scope', async () => {
      const [everything, users, classes] = await Promise.all([
        RosterReader.connect(simulator),
        RosterReader.connect(simulator, { scope: 'edu.users.read' }),
        RosterReader.connect(simulator, { scope: 'edu.classes.read' }),
      ])
      const [user, room, place] = await Promise.all(
        ['/users', '/classes', '/locations'].map(async (list) => (await everything.all(list))[0]?.id ?? ''),
      )
      const ask = async (path: string) => [await users.status(path), await classes.status(path)]
      for (const path of ['/users', `/users/${user ?? ''}`]) expect(await ask(path)).toEqual([200, 403])
      for (const path of ['/classes', `/classes/${room ?? ''}`]) expect(await ask(path)).toEqual([403, 200])
      for (const path of ['/locations', `/locations/${place ?? ''}`, '/organization', `/classes/${room ?? ''}/users`]) {
        expect(await ask(path)).toEqual([200, 200])
      }
      await users.status('/classes')
      expect(simulator.requests.at(-1)).toMatchObject({
        status: 403,
        path: '/classes',
        reason: 'the scope edu.users.read does not cover classes',
      })
    })

    it('answers 404 without a body to ids that the school does not have, be it that another school has them', async () => {
      const other = await RosterReader.connect(simulator, { name: 'Other Administrator' })
      const reader = await RosterReader.connect(simulator)
      for (const list of ['users', 'classes', 'locations']) {
        const foreign = await other.all(`/${list}`)
        for (const id of [foreign[0]?.id ?? '', foreign.at(-1)?.id ?? '', 'nothing', '%00', 'a%2Fb', 'x'.repeat(300)]) {
          expect(await reader.get(`/${list}/${id}`)).toMatchObject({ status: 404, text: '' })
        }
        expect(await other.status(`/${list}/${foreign.at(-1)?.id ?? ''}`)).toBe(200)
      }
      expect(await reader.status(`/classes/${(await other.all('/classes'))[0]?.id ?? ''}/users`)).toBe(404)
      expect(simulator.requests.at(-1)).toMatchObject({ status: 404, path: '/classes/{classId}/users' })
    })

    it.each(['/nothing', '/', '/Users', '/users/', '/users/%zz', '/users//', '/classes/a/students'])(
      'answers 404 to %s, which Apple does not have',
      async (path) => {
        const response = await fetch(`${simulator.url}/rosterapi/v1${path}`)
        expect([response.status, await response.text()]).toEqual([404, ''])
        expect(simulator.requests.at(-1)).not.toHaveProperty('path')
      },
    )

    it('answers 404 to another method than GET', async () => {
      const { accessToken } = await RosterReader.connect(simulator)
      const headers = { authorization: `Bearer ${accessToken}` }
      const response = await fetch(`${simulator.url}/rosterapi/v1/users`, { method: 'POST', headers })
      expect(response.status).toBe(404)
    })

    it('records the path with an id only where the school has it', async () => {
      const reader = await RosterReader.connect(simulator)
      const teacher = personId(simulator, 'Class Teacher')
      await reader.get(`/users/${teacher}?pageToken=x`)
      expect(simulator.requests.at(-1)).toMatchObject({ status: 200, path: `/users/${teacher}` })
      await reader.get(`/users/${reader.accessToken}`)
      expect(simulator.requests.at(-1)).toMatchObject({ status: 404, path: '/users/{userId}' })
      expect(JSON.stringify(simulator.requests)).not.toContain(reader.accessToken)
    })

    it('gives pages of 100, or of as many as limit says, and of at most 1000', async () => {
      const reader = await RosterReader.connect(simulator)
      const lengthOf = async (query: string) => (await reader.page(`/users${query}`)).users?.length
      expect(await lengthOf('')).toBe(100)
      expect(await lengthOf('?limit=7')).toBe(7)
      expect(await lengthOf('?limit=1')).toBe(1)
      expect(await lengthOf('?limit=100000000000000000000')).toBe(120)
    })

    it.each(['0', '-1', 'ten', '', '1.5', '1e3', '0x10', '%20'])('answers 400 to limit=%s', async (limit) => {
      const reader = await RosterReader.connect(simulator)
      expect(await reader.get(`/users?limit=${limit}`)).toMatchObject({ status: 400, text: '' })
      expect(simulator.requests.at(-1)).toMatchObject({ reason: 'the limit is not a whole number from 1' })
    })

    it.each(['/users?limit=1&limit=2', '/users?role=%zz', '/users?role=student', '/users?role=', '/users?role=Parent'])(
      'answers 400 to %s',
      async (path) => {
        expect(await (await RosterReader.connect(simulator)).status(path)).toBe(400)
      },
    )

    it('knows Student and Instructor as roles in a class, and no Staff', async () => {
      const reader = await RosterReader.connect(simulator)
      const [first] = await reader.all('/classes')
      const path = `/classes/${first?.id ?? ''}/users`
      const ids = async (query: string) => (await reader.all(`${path}?limit=9${query}`)).map(({ id }) => id)
      expect(await ids('&role=Student')).toEqual(first?.studentIds)
      expect(await ids('&role=Instructor')).toEqual(first?.instructorIds)
      expect(await ids('')).toEqual([...(first?.instructorIds ?? []), ...(first?.studentIds ?? [])])
      expect(await reader.status(`${path}?role=Staff`)).toBe(400)
      expect(simulator.requests.at(-1)).toMatchObject({ reason: 'the role is not one of Student, Instructor' })
    })

    it('sends moreToFollow on each page and nextPageToken on all but the last', async () => {
      const reader = await RosterReader.connect(simulator)
      const pages = await collect(reader.pages('/users?limit=50'))
      expect(pages.map(({ users, moreToFollow }) => [users?.length, moreToFollow])).toEqual([
        [50, true],
        [50, true],
        [20, false],
      ])
      expect(pages.map(({ nextPageToken }) => typeof nextPageToken)).toEqual(['string', 'string', 'undefined'])
      const whole = await collect(reader.pages('/users?limit=60'))
      expect(whole.map(({ moreToFollow }) => moreToFollow)).toEqual([true, false])
    })

    it('lets limit change from page to page', async () => {
      const reader = await RosterReader.connect(simulator)
      const { nextPageToken = '' } = await reader.page('/users?limit=3')
      const { users } = await reader.page(`/users?limit=2&pageToken=${nextPageToken}`)
      expect(users).toEqual((await reader.all('/users')).slice(3, 5))
    })

    it('answers 400 to a page token that was changed, or is of another list, school, role or simulator', async () => {
      const reader = await RosterReader.connect(simulator)
      const other = await RosterReader.connect(simulator, { name: 'Other Administrator' })
      const { nextPageToken = '' } = await reader.page('/users?limit=3')
      expect(nextPageToken).toMatch(/^[A-Za-z0-9_-]{22}$/)
      const last = nextPageToken.slice(-1)
      const neighbour = String.fromCharCode(last.charCodeAt(0) + 1)
      const changed = [
        ...['', 'x', '100', `A${nextPageToken}`, nextPageToken.slice(1), `${nextPageToken}=`],
        ...[`${nextPageToken.slice(0, -1)}${neighbour}`, nextPageToken.slice(1) + nextPageToken.slice(0, 1)],
      ]
      for (const token of changed) expect(await reader.status(`/users?pageToken=${token}`)).toBe(400)
      expect(simulator.requests.at(-1)).toMatchObject({
        reason: 'the pageToken was changed, or belongs to another list, school or role',
      })
      for (const list of ['/users?role=Student&', '/classes?', '/locations?']) {
        expect(await reader.status(`${list}pageToken=${nextPageToken}`)).toBe(400)
      }
      expect(await other.status(`/users?pageToken=${nextPageToken}`)).toBe(400)
      const [first, second] = await reader.all('/classes?limit=1000')
      const inClass = await reader.page(`/classes/${first?.id ?? ''}/users?limit=1`)
      const elsewhere = `/classes/${second?.id ?? ''}/users?pageToken=${inClass.nextPageToken ?? ''}`
      expect(await reader.status(elsewhere)).toBe(400)
      await simulator.close()
      await start()
      const later = await RosterReader.connect(simulator)
      expect(await later.status(`/users?pageToken=${nextPageToken}`)).toBe(400)
    })
  })

  describe('knobs', () => {
    it.each([
      ['either', [200, 200, 200]],
      ['users', [200, 403, 200]],
      ['classes', [403, 200, 200]],
      ['both', [403, 403, 200]],
    ] as const)('opens the people of a class by %s', async (rosterClassUsersScope, expected) => {
      await start({ rosterClassUsersScope })
      const [first] = await (await RosterReader.connect(simulator)).all('/classes')
      const statuses = ['edu.users.read', 'edu.classes.read', 'edu.users.read edu.classes.read'].map(async (scope) =>
        (await RosterReader.connect(simulator, { scope })).status(`/classes/${first?.id ?? ''}/users`),
      )
      expect(await Promise.all(statuses)).toEqual(expected)
    })

    it('opens the people of a class by the test scope whatever the scopes', async () => {
      await start({ rosterClassUsersScope: 'both' })
      const reader = await RosterReader.connect(simulator, {
        name: 'Developer Account',
        scope: 'edu.rosterapi.test.read',
      })
      const [first] = await reader.all('/classes')
      expect(await reader.status(`/classes/${first?.id ?? ''}/users`)).toBe(200)
    })

    it('sends a nextPageToken on the last page, which leads to an empty one', async () => {
      await start({ rosterLastPageToken: 'sent' })
      const reader = await RosterReader.connect(simulator)
      const page = await reader.page('/locations')
      expect(page).toMatchObject({ moreToFollow: false, nextPageToken: expect.any(String) })
      const beyond = await reader.page(`/locations?pageToken=${page.nextPageToken ?? ''}`)
      expect(beyond).toMatchObject({ locations: [], moreToFollow: false })
    })

    it('caps limit at rosterMaxLimit, the default of 100 too', async () => {
      await start({ rosterMaxLimit: 30 })
      const reader = await RosterReader.connect(simulator)
      for (const query of ['', '?limit=31', '?limit=1000']) {
        expect((await reader.page(`/users${query}`)).users).toHaveLength(30)
      }
    })

    it('omits roles', async () => {
      await start({ rosterRoles: 'omitted' })
      const [user] = await (await RosterReader.connect(simulator)).all('/users')
      expect(user).not.toHaveProperty('roles')
      expect(user).toHaveProperty('roleLocationMapping')
    })
  })
})

async function collect(pages: AsyncIterable<RosterPage>): Promise<RosterPage[]> {
  const collected: RosterPage[] = []
  for await (const page of pages) collected.push(page)
  return collected
}
