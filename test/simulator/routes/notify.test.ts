import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, personId, redirectUri, type Fields } from '../support/app.js'
import { submit } from '../support/home-form.js'
import { NotificationReceiver } from '../support/notification-receiver.js'

describe('notifyRoute', () => {
  let simulator: AppleSimulator
  let receiver: NotificationReceiver
  let signIn: App
  let sharing: App
  let home: string
  let administrator: string
  let school: string

  beforeEach(async () => {
    receiver = await NotificationReceiver.start()
    simulator = createAppleSimulator()
    await simulator.listen()
    signIn = new App(simulator, 'sign-in-with-apple', { notificationUrl: receiver.url })
    sharing = new App(simulator, 'account-data-sharing', { notificationUrl: receiver.url })
    home = personId(simulator, 'Home User')
    administrator = personId(simulator, 'School Administrator')
    school = simulator.people.find(({ id }) => id === administrator)?.organizationId ?? ''
  })
  afterEach(async () => {
    await simulator.close()
    await receiver.close()
  })

  const send = (fields: Fields, headers = {}) =>
    submit(simulator.url, { action: '/simulator/notify', fields: { type: 'consent-revoked', ...fields } }, headers)

  it.each(['consent-revoked', 'account-deleted', 'email-disabled', 'email-enabled'])(
    'tells an app %s',
    async (type) => {
      const answer = await send({ type, about: `person ${home}`, client: signIn.credentials.clientId })
      expect([answer.status, answer.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/\?said=\d+$/)])
      const { claims, event } = await receiver.nth(1)
      expect(claims.aud).toBe(signIn.credentials.clientId)
      expect(event).toMatchObject({ type, sub: home })
    },
  )

  it('tells an app about a school, and ends its consent', async () => {
    const { refresh_token } = await sharing.signIn(administrator)
    await send({ about: `school ${school}`, client: sharing.credentials.clientId })
    expect((await receiver.nth(1)).event).toMatchObject({ org_id: school, sub: administrator })
    expect((await sharing.refresh(refresh_token)).status).toBe(400)
  })

  it('does not wait for an app that is slow to answer', async () => {
    receiver.replies = ['hang']
    expect((await send({ about: `person ${home}`, client: signIn.credentials.clientId })).status).toBe(303)
    expect(simulator.notifications).toMatchObject([{ attempts: 1, status: 0 }])
  })

  it.each<[string, () => Fields, string]>([
    ['a school for an app of people', () => ({ about: `school ${school}` }), 'told about people, not schools'],
    ['somebody unknown', () => ({ about: 'person <b>' }), 'there is no person with the id &lt;b&gt;.'],
    ['nobody', () => ({ about: home }), 'tells about a person'],
    ['no app', () => ({ about: `person ${home}`, client: '' }), 'is not registered'],
    ['no type', () => ({ about: `person ${home}`, type: undefined }), 'type must be a text'],
  ])('says on the page why it was not sent: %s', async (_case, fields, why) => {
    const answer = await send({ client: signIn.credentials.clientId, ...fields() })
    const alert = /<p class="alert" role="alert">(.*)<\/p>/.exec(await answer.text())?.[1]
    expect([answer.status, alert]).toEqual([400, expect.stringContaining(why)])
    expect(alert).toMatch(/^Not sent: /)
    expect(simulator.notifications).toEqual([])
  })

  it.each<Record<string, string>>([{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://app.example.org' }])(
    'refuses a form from another site with 403: %j',
    async (headers) => {
      const tokens = await signIn.signIn(home)
      const answer = await send({ about: `person ${home}`, client: signIn.credentials.clientId }, headers)
      expect(answer.status).toBe(403)
      expect(simulator.notifications).toEqual([])
      expect((await signIn.refresh(tokens.refresh_token)).status).toBe(200)
    },
  )

  it('answers 500 with the reason when it was mounted without baseUrl', async () => {
    const mounted = createAppleSimulator()
    const server = mounted.app.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    mounted.createClient({ service: 'sign-in-with-apple', redirectUris: [redirectUri], notificationUrl: receiver.url })
    const fields = { type: 'x', about: `person ${home}`, client: 'com.example.app1' }
    const answer = await submit(`http://127.0.0.1:${String(port)}`, { action: '/simulator/notify', fields })
    expect([answer.status, await answer.text()]).toEqual([
      500,
      expect.stringContaining('await listen(), or give baseUrl'),
    ])
    server.closeAllConnections()
    server.close()
  })
})
