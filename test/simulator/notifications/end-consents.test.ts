import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { isSigned } from '../support/id-token.js'
import { NotificationReceiver } from '../support/notification-receiver.js'

describe('endConsents', () => {
  let simulator: AppleSimulator
  let receiver: NotificationReceiver
  let home: string
  let administrator: string

  beforeEach(async () => {
    receiver = await NotificationReceiver.start()
    simulator = createAppleSimulator({ notificationRetryWaitsMs: [] })
    await simulator.listen()
    home = personId(simulator, 'Home User')
    administrator = personId(simulator, 'School Administrator')
  })
  afterEach(async () => {
    await simulator.close()
    await receiver.close()
  })

  const register = (service: App['service'], options = {}) =>
    new App(simulator, service, { notificationUrl: receiver.url, ...options })

  describe('by the revoke endpoint', () => {
    it.each(['refresh_token', 'access_token'] as const)('tells the app about its own %s', async (name) => {
      const app = register('sign-in-with-apple')
      const tokens = await app.signIn(home)
      await app.revoke(tokens[name])
      const { jwt, claims, event } = await receiver.nth(1)
      expect(await isSigned(simulator, jwt)).toBe(true)
      expect(claims.aud).toBe(app.credentials.clientId)
      expect(event).toMatchObject({ type: 'consent-revoked', sub: home })
    })

    it('names the school and who approved first', async () => {
      const app = register('account-data-sharing')
      await app.signIn(administrator)
      const colleague = await app.signIn(personId(simulator, 'Site Manager'))
      await app.revoke(colleague.refresh_token)
      const organizationId = simulator.people.find(({ id }) => id === administrator)?.organizationId
      const scopes = 'edu.classes.read edu.users.read'
      const event = { type: 'consent-revoked', sub: administrator, org_id: organizationId, scopes }
      expect((await receiver.nth(1)).event).toMatchObject(event)
      expect(simulator.notifications).toEqual([expect.objectContaining({ organizationId, personId: administrator })])
    })

    it('answers before the app does', async () => {
      const app = register('sign-in-with-apple')
      receiver.replies = ['hang']
      const { status, text } = await app.revoke((await app.signIn(home)).refresh_token)
      expect([status, text]).toEqual([200, ''])
      await receiver.nth(1)
      expect(simulator.notifications).toEqual([expect.objectContaining({ attempts: 1, status: 0 })])
    })

    it('says nothing where nothing ended', async () => {
      const app = register('sign-in-with-apple')
      const other = register('sign-in-with-apple', { teamId: 'SIMTEAM002' })
      const tokens = await app.signIn(home)
      await app.revoke('junk')
      await other.revoke(tokens.refresh_token)
      simulator.expireAccessTokens()
      await app.revoke(tokens.access_token)
      await app.revoke(tokens.refresh_token, { client_secret: 'wrong' })
      expect(simulator.notifications).toEqual([])
      await app.revoke(tokens.refresh_token)
      await app.revoke(tokens.refresh_token)
      expect(simulator.notifications).toHaveLength(1)
      expect((await receiver.nth(1)).claims.jti).toBe(simulator.notifications[0]?.id)
    })

    it('says nothing about a token of the team itself', async () => {
      const app = register('sign-in-with-apple')
      const { body } = await app.token({ grant_type: 'client_credentials', scope: 'user.migration' })
      await app.revoke(body.access_token)
      expect(simulator.revokeGrant()).toBe(0)
      expect(simulator.notifications).toEqual([])
    })
  })

  describe('by revokeGrant', () => {
    it('tells every app of the group, and no other', async () => {
      const group = { groupId: 'group' }
      const [first, second] = [register('sign-in-with-apple', group), register('sign-in-with-apple', group)]
      register('sign-in-with-apple', { ...group, notificationUrl: undefined })
      register('account-data-sharing', group)
      register('sign-in-with-apple', { ...group, teamId: 'SIMTEAM002' })
      register('sign-in-with-apple')
      await first.signIn(home)
      expect(simulator.revokeGrant({ personId: home })).toBe(1)
      await receiver.nth(2)
      expect(receiver.arrivals.map(({ claims }) => claims.aud).sort()).toEqual(
        [first, second].map(({ credentials }) => credentials.clientId),
      )
      const ids = simulator.notifications.map(({ id }) => id)
      expect(new Set(ids).size).toBe(2)
    })

    it('tells about each consent that ended', async () => {
      const app = register('account-data-sharing')
      await app.signIn(administrator)
      await app.signIn(personId(simulator, 'Other Administrator'))
      expect(simulator.revokeGrant({ clientId: app.credentials.clientId })).toBe(2)
      await receiver.nth(2)
      expect(new Set(receiver.arrivals.map(({ event }) => event.org_id)).size).toBe(2)
      expect(simulator.revokeGrant()).toBe(0)
      expect(simulator.notifications).toHaveLength(2)
    })

    it('ends them as well when there is no url, so that nobody can be told', async () => {
      const app = register('sign-in-with-apple')
      await app.signIn(home)
      await simulator.close()
      expect(simulator.revokeGrant()).toBe(1)
      expect(simulator.notifications).toEqual([])
    })
  })

  it('tells about a consent that outlived a restart, with its scopes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'))
    const stateFile = join(folder, 'state.json')
    for (const isFirst of [true, false]) {
      await simulator.close()
      simulator = createAppleSimulator({ stateFile })
      await simulator.listen()
      const app = register('account-data-sharing')
      if (isFirst) await app.signIn(administrator, { scope: 'edu.classes.read' })
    }
    expect(simulator.revokeGrant()).toBe(1)
    expect((await receiver.nth(1)).event).toMatchObject({ sub: administrator, scopes: 'edu.classes.read' })
    rmSync(folder, { recursive: true })
  })
})
