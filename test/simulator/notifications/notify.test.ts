import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type NotifyOptions } from '../../../src/simulator/index.js'
import { App, personId, redirectUri } from '../support/app.js'
import { NotificationReceiver } from '../support/notification-receiver.js'

describe('notify', () => {
  let clock: number
  let simulator: AppleSimulator
  let receiver: NotificationReceiver
  let signIn: App
  let sharing: App
  let home: string
  let administrator: string
  let organizationId: string

  beforeEach(async () => {
    clock = Date.now()
    receiver = await NotificationReceiver.start()
    simulator = createAppleSimulator({ now: () => clock })
    await simulator.listen()
    const options = { notificationUrl: receiver.url }
    signIn = new App(simulator, 'sign-in-with-apple', options, () => clock)
    sharing = new App(simulator, 'account-data-sharing', options, () => clock)
    home = personId(simulator, 'Home User')
    administrator = personId(simulator, 'School Administrator')
    organizationId = simulator.people.find(({ id }) => id === administrator)?.organizationId ?? ''
  })
  afterEach(async () => {
    await simulator.close()
    await receiver.close()
  })

  /** Whether the refresh token of an app still works. */
  async function isLive(app: App, { refresh_token }: { refresh_token: string }): Promise<boolean> {
    return (await app.refresh(refresh_token)).status === 200
  }

  it('resolves to what became of it, and keeps that', async () => {
    const { clientId } = signIn.credentials
    const notification = await simulator.notify({ type: 'consent-revoked', personId: home })
    const { jti: id } = (await receiver.nth(1)).claims
    expect(notification).toEqual({
      ...{ id, type: 'consent-revoked', clientId, personId: home, attempts: 1, status: 200, at: clock },
    })
    expect(simulator.notifications).toEqual([notification])
  })

  describe('whom it is about', () => {
    it('is the school of the person, and who approved for it', async () => {
      const manager = personId(simulator, 'Site Manager')
      await sharing.signIn(manager)
      const { clientId } = sharing.credentials
      const notification = await simulator.notify({ type: 'consent-revoked', organizationId })
      expect(notification).toMatchObject({ clientId, organizationId, personId: manager })
      expect((await receiver.nth(1)).event).toMatchObject({ sub: manager, org_id: organizationId })
      await simulator.notify({ type: 'other', clientId, personId: administrator })
      expect((await receiver.nth(2)).event).toMatchObject({ sub: administrator, org_id: organizationId })
    })

    it('is the first who may approve where nobody did', async () => {
      await simulator.notify({ type: 'consent-revoked', organizationId })
      expect((await receiver.nth(1)).event.sub).toBe(administrator)
    })

    it('is the test organization for the developer account, and the other way round', async () => {
      const developer = personId(simulator, 'Developer Account')
      const { clientId } = sharing.credentials
      await simulator.notify({ type: 'consent-revoked', clientId, personId: developer })
      const { event } = await receiver.nth(1)
      expect(event).toMatchObject({ sub: developer, scopes: 'edu.rosterapi.test.read' })
      await simulator.notify({ type: 'consent-revoked', organizationId: String(event.org_id) })
      expect((await receiver.nth(2)).event).toMatchObject({ sub: developer, org_id: event.org_id })
    })

    it('may be a person and a school that do not belong together', async () => {
      await simulator.notify({ type: 'consent-revoked', personId: home, organizationId })
      expect((await receiver.nth(1)).event).toMatchObject({ sub: home, org_id: organizationId })
    })
  })

  describe('which app is told', () => {
    it('is the only one of the service, first of Sign in with Apple', async () => {
      expect(await simulator.notify({ type: 'x', personId: administrator })).toMatchObject({
        clientId: signIn.credentials.clientId,
      })
    })

    it('is one of Data Sharing where no other has a notificationUrl', async () => {
      const only = createAppleSimulator()
      await only.listen()
      new App(only, 'sign-in-with-apple')
      const { credentials } = new App(only, 'account-data-sharing', { notificationUrl: receiver.url })
      const { clientId } = await only.notify({ type: 'x', personId: administrator })
      expect(clientId).toBe(credentials.clientId)
      await only.close()
    })

    it('has to be named when there are several', async () => {
      const second = new App(simulator, 'sign-in-with-apple', { notificationUrl: receiver.url })
      await expect(simulator.notify({ type: 'x', personId: home })).rejects.toThrow(
        'notify: several apps of Sign in with Apple have a notificationUrl (com.example.app1, com.example.app3): ' +
          'give clientId.',
      )
      const { clientId } = second.credentials
      expect(await simulator.notify({ type: 'x', personId: home, clientId })).toMatchObject({ clientId })
    })

    it('must exist', async () => {
      const none = createAppleSimulator()
      await expect(none.notify({ type: 'x', personId: home })).rejects.toThrow(
        'no app of Sign in with Apple or Account & Organizational Data Sharing has a notificationUrl: give one to',
      )
      await expect(none.notify({ type: 'x', organizationId })).rejects.toThrow(
        'notify: no app of Account & Organizational Data Sharing has a notificationUrl',
      )
    })
  })

  describe('what it ends', () => {
    it('is the consent that consent-revoked speaks of, and the app hears of it once', async () => {
      const [mine, others] = [await signIn.signIn(home), await signIn.signIn(personId(simulator, 'Second User'))]
      const elsewhere = new App(simulator, 'sign-in-with-apple', {}, () => clock)
      const there = await elsewhere.signIn(home)
      await simulator.notify({ type: 'consent-revoked', personId: home })
      expect(await isLive(signIn, mine)).toBe(false)
      expect(await isLive(signIn, others)).toBe(true)
      expect(await isLive(elsewhere, there)).toBe(true)
      expect(simulator.notifications).toHaveLength(1)
    })

    it('is a school’s consent for all its administrators', async () => {
      const [school, person] = [await sharing.signIn(administrator), await signIn.signIn(administrator)]
      const elsewhere = await sharing.signIn(personId(simulator, 'Other Administrator'))
      await simulator.notify({ type: 'consent-revoked', organizationId })
      expect(await isLive(sharing, school)).toBe(false)
      expect(await isLive(sharing, elsewhere)).toBe(true)
      expect(await isLive(signIn, person)).toBe(true)
    })

    it.each(['account-deleted', 'account-delete'])('is everything a person agreed to, with %s', async (type) => {
      const elsewhere = new App(simulator, 'sign-in-with-apple', {}, () => clock)
      const [here, there] = [await signIn.signIn(administrator), await elsewhere.signIn(administrator)]
      const [school, other] = [await sharing.signIn(administrator), await signIn.signIn(home)]
      await simulator.notify({ type, personId: administrator })
      expect([await isLive(signIn, here), await isLive(elsewhere, there)]).toEqual([false, false])
      expect(await isLive(sharing, school)).toBe(true)
      expect(await isLive(signIn, other)).toBe(true)
      expect(simulator.notifications).toHaveLength(1)
    })

    it('is everything a school agreed to, when it is a school that is deleted', async () => {
      const [school, person] = [await sharing.signIn(administrator), await signIn.signIn(administrator)]
      await simulator.notify({ type: 'account-deleted', organizationId })
      expect([await isLive(sharing, school), await isLive(signIn, person)]).toEqual([false, true])
    })

    it('is nothing with other types', async () => {
      const tokens = await signIn.signIn(home)
      for (const type of ['email-disabled', 'email-enabled', 'something-new']) {
        await simulator.notify({ type, personId: home })
      }
      expect(await isLive(signIn, tokens)).toBe(true)
    })

    it('is not a consent that was given after the event', async () => {
      await signIn.signIn(home)
      const jti = 'sent-twice'
      const eventAt = clock
      const event: NotifyOptions = { type: 'consent-revoked', personId: home, eventAt, jti }
      expect(await simulator.notify(event)).toMatchObject({ id: jti })
      clock += 1
      const again = await signIn.signIn(home)
      await simulator.notify(event)
      const [first, second] = [await receiver.nth(1), await receiver.nth(2)]
      expect(second.claims.events).toBe(first.claims.events)
      expect(second.claims.jti).toBe(jti)
      expect(await isLive(signIn, again)).toBe(true)
    })

    it('is over before the app hears of it', async () => {
      const tokens = await signIn.signIn(home)
      receiver.replies = ['hang']
      const told = simulator.notify({ type: 'consent-revoked', personId: home })
      await receiver.nth(1)
      expect(await isLive(signIn, tokens)).toBe(false)
      await simulator.close()
      await told
    })
  })

  describe('refuses', () => {
    const type = 'consent-revoked'
    const cases: [string, () => object, string][] = [
      ['an unknown option', () => ({ type, person: home }), 'notify has no "person". It knows: type, clientId,'],
      ['no type', () => ({ personId: home }), 'type must be a text of 1 to 255 characters.'],
      ['an empty type', () => ({ type: '', personId: home }), 'type must be a text of 1 to 255 characters.'],
      ['a jti that is none', () => ({ type, personId: home, jti: 7 }), 'jti must be a text of 1 to 255 characters.'],
      ['a time that is none', () => ({ type, personId: home, eventAt: NaN }), 'eventAt must be a number of millisec'],
      ['an exp that is none', () => ({ type, personId: home, exp: 'later' }), 'exp must be sent, omitted, or a number'],
      ['another form', () => ({ type, personId: home, events: 'xml' }), 'events must be one of string, object, array.'],
      ['another unit', () => ({ type, personId: home, eventTime: 's' }), 'eventTime must be one of milliseconds, sec'],
      ['a person it does not know', () => ({ type, personId: 'x' }), 'there is no person with the id x.'],
      ['a school it does not know', () => ({ type, organizationId: 'x' }), 'there is no school with the id x.'],
      ['an app it does not know', () => ({ type, personId: home, clientId: 'x' }), 'client x is not registered.'],
      ['nobody', () => ({ type }), 'Sign in with Apple tells about a person: give personId.'],
      [
        'no school',
        () => ({ type, clientId: sharing.credentials.clientId }),
        'Data Sharing tells about a school: give organizationId.',
      ],
      [
        'somebody of no school',
        () => ({ type, clientId: sharing.credentials.clientId, personId: home }),
        'tells about a school, and Home User belongs to none: give organizationId.',
      ],
      [
        'a school for an app of people',
        () => ({ type, clientId: signIn.credentials.clientId, organizationId }),
        'com.example.app1 is told about people, not schools: leave organizationId out.',
      ],
      [
        'an app without notificationUrl',
        () => {
          const options = { service: 'sign-in-with-apple', redirectUris: [redirectUri] } as const
          return { type, personId: home, clientId: simulator.createClient(options).clientId }
        },
        'the client com.example.app3 has no notificationUrl.',
      ],
    ]
    it.each(cases)('%s, and ends nothing', async (_case, options, message) => {
      const tokens = await signIn.signIn(home)
      await expect(simulator.notify(options() as NotifyOptions)).rejects.toThrow(message)
      expect(await isLive(signIn, tokens)).toBe(true)
      expect(simulator.notifications).toEqual([])
    })

    it('a school where nobody may approve', async () => {
      const school = { id: '0b4f1f7e-aaaa-4a5c-9a51-51c7b0a1f001', name: 'Empty School' }
      const empty = createAppleSimulator({ people: [], schools: [school] })
      empty.createClient({
        service: 'account-data-sharing',
        redirectUris: [redirectUri],
        notificationUrl: receiver.url,
      })
      await expect(empty.notify({ type, organizationId: school.id })).rejects.toThrow(
        `nobody may approve for the school ${school.id}: give personId.`,
      )
    })
  })

  it('needs a url, and ends nothing without one', async () => {
    const tokens = await signIn.signIn(home)
    await simulator.close()
    await expect(simulator.notify({ type: 'consent-revoked', personId: home })).rejects.toThrow('await listen(), or')
    await simulator.listen()
    const app = Object.assign(Object.create(signIn) as App, { base: `${simulator.url}/auth` })
    expect(await isLive(app, tokens)).toBe(true)
    expect(await simulator.notify({ type: 'consent-revoked', personId: home })).toMatchObject({ status: 200 })
  })
})
