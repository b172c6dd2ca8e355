import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import {
  createAppleSimulator,
  type AppleSimulator,
  type AppleSimulatorOptions,
  type NotifyOptions,
  type SimulatorService,
} from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { isSigned } from '../support/id-token.js'
import { NotificationReceiver } from '../support/notification-receiver.js'

const now = 1_700_000_000_123
const seconds = 1_700_000_000

describe('createNotificationClaims', () => {
  let simulator: AppleSimulator
  let receiver: NotificationReceiver

  beforeEach(async () => {
    receiver = await NotificationReceiver.start()
  })
  afterEach(async () => {
    await simulator.close()
    await receiver.close()
  })

  async function start(service: SimulatorService, options: AppleSimulatorOptions = {}): Promise<App> {
    simulator = createAppleSimulator({ now: () => now, ...options })
    await simulator.listen()
    return new App(simulator, service, { notificationUrl: receiver.url }, () => now)
  }

  /** Tells the app of Home User, or of First School, and answers what arrived. */
  async function told(
    service: SimulatorService,
    knobs: AppleSimulatorOptions = {},
    options: Partial<NotifyOptions> = {},
  ) {
    await start(service, knobs)
    const name = service === 'sign-in-with-apple' ? 'Home User' : 'School Administrator'
    await simulator.notify({ type: 'consent-revoked', personId: personId(simulator, name), ...options })
    return receiver.nth(1)
  }

  it('posts {"payload": JWT} as JSON, signed RS256 by a key of both key sets', async () => {
    const { method, path, headers, body, jwt, header } = await told('sign-in-with-apple')
    expect([method, path, headers['content-type']]).toEqual(['POST', '/notifications', 'application/json'])
    expect(body).toEqual({ payload: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) })
    expect(header).toEqual({ kid: expect.stringMatching(/^[A-Za-z0-9]{10}$/), alg: 'RS256' })
    expect(await isSigned(simulator, jwt)).toBe(true)
  })

  it('writes Sign in with Apple as seen on the wire', async () => {
    const { claims } = await told('sign-in-with-apple')
    expect(claims).toEqual({
      iss: simulator.url,
      aud: 'com.example.app1',
      iat: seconds,
      exp: seconds + 86_400,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      events: JSON.stringify({ type: 'consent-revoked', sub: personId(simulator, 'Home User'), event_time: now }),
    })
  })

  it('writes Data Sharing as documented', async () => {
    const { claims } = await told('account-data-sharing')
    expect(claims).toEqual({
      iss: `${simulator.url}/auth/oauth2/v2`,
      aud: 'com.example.app1',
      iat: seconds,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      events: [
        {
          type: 'consent-revoked',
          sub: personId(simulator, 'School Administrator'),
          org_id: simulator.people.find(({ role }) => role === 'administrator')?.organizationId,
          scopes: 'edu.classes.read edu.users.read',
          event_time: seconds,
        },
      ],
    })
  })

  describe.each(['sign-in-with-apple', 'account-data-sharing'] as const)('for %s', (service) => {
    it.each(['string', 'object', 'array'] as const)('writes events as %s', async (notificationEvents) => {
      const { claims, event } = await told(service, { notificationEvents })
      expect(event.type).toBe('consent-revoked')
      const forms = { string: JSON.stringify(event), object: event, array: [event] }
      expect(claims.events).toEqual(forms[notificationEvents])
    })

    it.each([
      ['milliseconds', now],
      ['seconds', seconds],
    ] as const)('writes event_time in %s', async (notificationEventTime, expected) => {
      expect((await told(service, { notificationEventTime })).event.event_time).toBe(expected)
    })

    it('sends or omits exp', async () => {
      expect((await told(service, { notificationExp: 'sent' })).claims.exp).toBe(seconds + 86_400)
      await simulator.close()
      await told(service, { notificationExp: 'omitted' })
      expect((await receiver.nth(2)).claims).not.toHaveProperty('exp')
    })
  })

  it('lets one notification differ from the knobs', async () => {
    const options: Partial<NotifyOptions> = {
      ...{ events: 'object', eventTime: 'seconds', exp: 1_600_000_000, eventAt: 1_650_000_000_999, jti: 'once' },
    }
    const { claims } = await told('sign-in-with-apple', { notificationEvents: 'array' }, options)
    expect(claims).toMatchObject({ jti: 'once', exp: 1_600_000_000, events: { event_time: 1_650_000_000 } })
    await simulator.notify({ type: 'x', personId: personId(simulator, 'Home User'), exp: 'omitted' })
    const other = await receiver.nth(2)
    expect(other.claims).not.toHaveProperty('exp')
    expect(other.claims.events).toEqual([expect.objectContaining({ event_time: now })])
  })

  it.each([
    ['account-deleted', undefined],
    ['account-deleted', 'account-deleted'],
    ['account-delete', 'account-delete'],
  ] as const)('calls a deleted account %s with accountDeletionType %s', async (expected, accountDeletionType) => {
    const knobs = accountDeletionType === undefined ? {} : { accountDeletionType }
    expect((await told('sign-in-with-apple', knobs, { type: 'account-deleted' })).event.type).toBe(expected)
    expect(simulator.notifications).toEqual([expect.objectContaining({ type: expected })])
  })

  describe.each(['email-disabled', 'email-enabled'] as const)('%s', (type) => {
    it.each([
      ['boolean', true],
      ['string', 'true'],
    ] as const)('names the relay address of the consent, with a %s', async (emailFlags, flag) => {
      const app = await start('sign-in-with-apple', { emailFlags })
      const home = personId(simulator, 'Home User')
      const { fields } = await app.approve(home, {}, { hide_email: 'true' })
      const { email } = JSON.parse(fields.user ?? '') as { email: string }
      expect(email).toMatch(/@privaterelay\.appleid\.com$/)
      await simulator.notify({ type, personId: home })
      const expected = { type, sub: home, email, is_private_email: flag, event_time: now }
      expect((await receiver.nth(1)).event).toEqual(expected)
    })

    it.each([
      ['boolean', false],
      ['string', 'false'],
    ] as const)('names the own address where nothing is hidden, with a %s', async (emailFlags, flag) => {
      const { event } = await told('sign-in-with-apple', { emailFlags }, { type })
      expect(event).toMatchObject({ email: 'home.user@home.example', is_private_email: flag })
    })

    it('is refused for somebody without an address', async () => {
      await start('sign-in-with-apple')
      const notified = simulator.notify({ type, personId: personId(simulator, 'First Student') })
      await expect(notified).rejects.toThrow(`this person has no e-mail address, so there is no ${type}.`)
    })
  })

  it('says nothing of e-mail in other events', async () => {
    const { event } = await told('sign-in-with-apple', {}, { type: 'something-new' })
    expect(Object.keys(event)).toEqual(['type', 'sub', 'event_time'])
    expect(event.type).toBe('something-new')
  })

  it('names the scopes that were approved, of the school or of the test organization', async () => {
    const app = await start('account-data-sharing')
    await app.signIn(personId(simulator, 'School Administrator'), { scope: 'edu.users.read' })
    await app.signIn(personId(simulator, 'Developer Account'), { scope: 'edu.rosterapi.test.read' })
    simulator.revokeGrant()
    await receiver.nth(2)
    expect(receiver.arrivals.map(({ event }) => event.scopes).sort()).toEqual([
      'edu.rosterapi.test.read',
      'edu.users.read',
    ])
  })

  it('writes the sub that the app’s team sees', async () => {
    await start('sign-in-with-apple')
    const other = { notificationUrl: receiver.url, teamId: 'SIMTEAM002' }
    const { credentials } = new App(simulator, 'sign-in-with-apple', other)
    const home = personId(simulator, 'Home User')
    await simulator.notify({ type: 'consent-revoked', personId: home, clientId: credentials.clientId })
    const { event, claims } = await receiver.nth(1)
    expect(claims.aud).toBe(credentials.clientId)
    expect(event.sub).toBe(simulator.subject(home, 'SIMTEAM002'))
    expect(event.sub).not.toBe(home)
  })

  it('is signed by the new keys after a rotation', async () => {
    await start('sign-in-with-apple')
    for (let round = 0; round < 3; round++) await simulator.rotateKeys()
    await simulator.notify({ type: 'consent-revoked', personId: personId(simulator, 'Home User') })
    expect(await isSigned(simulator, (await receiver.nth(1)).jwt)).toBe(true)
  })
})
