import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { decodeIdToken } from '../support/id-token.js'

describe('createRosterRouter', () => {
  let clock: number
  let simulator: AppleSimulator
  let sharing: App

  beforeEach(async () => {
    clock = Date.now()
    simulator = createAppleSimulator({ now: () => clock })
    await simulator.listen()
    sharing = new App(simulator, 'account-data-sharing', {}, () => clock)
  })

  afterEach(() => simulator.close())

  const signIn = (name: string, scope = 'edu.users.read') => sharing.signIn(personId(simulator, name), { scope })

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
    const elsewhere = await sharing.organization((await signIn('Other Administrator', 'edu.classes.read')).access_token)
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
      const response = await fetch(`${simulator.url}/rosterapi/v1/organization`, { headers })
      expect([response.status, await response.text()]).toEqual([401, ''])
    }
    expect(simulator.requests.at(-1)).toMatchObject({ endpoint: 'roster', status: 401 })
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

  it('answers 404 to a resource that is not simulated', async () => {
    const response = await fetch(`${simulator.url}/rosterapi/v1/nothing`)
    expect([response.status, await response.text()]).toEqual([404, ''])
  })
})
