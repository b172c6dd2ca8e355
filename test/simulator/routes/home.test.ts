import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type AppleSimulatorOptions } from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { NotificationReceiver } from '../support/notification-receiver.js'

describe('homeRoute', () => {
  let simulator: AppleSimulator
  let receiver: NotificationReceiver

  async function start(options: AppleSimulatorOptions = {}) {
    simulator = createAppleSimulator({ notificationRetryWaitsMs: [], ...options })
    await simulator.listen()
  }

  beforeEach(async () => {
    receiver = await NotificationReceiver.start()
    await start()
  })
  afterEach(async () => {
    await simulator.close()
    await receiver.close()
  })

  const page = async () => (await fetch(simulator.url)).text()
  const section = (html: string, heading: string) =>
    new RegExp(`<h2 id="\\w+">${heading}</h2>([\\s\\S]*?)</section>`).exec(html)?.[1] ?? ''

  it('tells whoever opens the simulator’s address what it is', async () => {
    const answer = await fetch(simulator.url)
    const html = await answer.text()
    expect(answer.status).toBe(200)
    expect(html).toContain('<h1>Apple, simulated</h1>')
    expect(html).toContain('Nobody uses an app at the moment.')
    expect(html).toContain('No app wants to be told: register one with a <code>notificationUrl</code>.')
    expect(html).toContain('No app was told anything yet.')
    expect(simulator.requests).toEqual([])
  })

  it('lets nothing in but its own style and script, which asks nobody but the simulator', async () => {
    const answer = await fetch(simulator.url)
    const html = await answer.text()
    const hashOf = (element: string) => {
      const [, text = ''] = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(html) ?? []
      return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    }
    expect(answer.headers.get('content-security-policy')).toBe(
      `default-src 'none'; img-src data:; style-src ${hashOf('style')}; script-src ${hashOf('script')}; ` +
        "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('lists each consent of a person or a school with a button, the latest first', async () => {
    const signIn = new App(simulator, 'sign-in-with-apple', { groupId: 'group' })
    new App(simulator, 'sign-in-with-apple', { groupId: 'group' })
    const sharing = new App(simulator, 'account-data-sharing')
    await signIn.approve(personId(simulator, 'Home User'))
    await sharing.approve(personId(simulator, 'School Administrator'))
    await signIn.token({ grant_type: 'client_credentials', scope: 'user.migration' })
    const rows = (await page()).match(/<li>[\s\S]*?<\/li>/g) ?? []
    expect(rows).toHaveLength(2)
    expect(rows[0]).toContain('First School, approved by School Administrator')
    expect(rows[0]).toContain('<code>com.example.app3</code> · Account &amp; Organizational Data Sharing')
    expect(rows[1]).toContain('Home User')
    expect(rows[1]).toContain('<code>com.example.app1</code>, <code>com.example.app2</code> · Sign in with Apple')
    for (const row of rows) expect(row).toMatch(/<form method="post" .*\n<button .*>Stop using this app<\/button>/)
  })

  it('shows the latest fifty consents, and counts the others', async () => {
    const app = new App(simulator, 'sign-in-with-apple')
    await simulator.close()
    const people = Array.from({ length: 52 }, (_, index) => ({
      ...{ id: `person-${String(index)}`, givenName: 'Person', familyName: String(index), role: 'consumer' as const },
    }))
    await start({ people })
    const crowded = new App(simulator, 'sign-in-with-apple', { clientId: app.credentials.clientId })
    const { action } = await crowded.open()
    for (const person of people) await crowded.decide(action, { person: person.id })
    const html = await page()
    expect(html.match(/<li>/g)).toHaveLength(50)
    expect(html).toContain('And 2 more, from earlier.')
    expect(html).not.toContain('<span class="who">Person 1</span>')
  })

  it('offers the four types, the apps that want to be told, the people and the schools', async () => {
    new App(simulator, 'account-data-sharing')
    new App(simulator, 'account-data-sharing', { notificationUrl: receiver.url })
    const form = section(await page(), 'Tell an app what happened')
    const options = [...form.matchAll(/<option value="([^"]*)"/g)].map(([, value]) => value)
    const types = ['consent-revoked', 'account-deleted', 'email-disabled', 'email-enabled']
    expect(options).toEqual([
      ...simulator.people.map(({ id }) => `person ${id}`),
      ...Array<unknown>(3).fill(expect.stringMatching(/^school [0-9a-f-]{36}$/)),
      ...types,
      'com.example.app2',
    ])
  })

  it('shows what became of the latest notifications in plain words', async () => {
    await simulator.close()
    await start({ notificationRetryWaitsMs: [1, 1], now: () => Date.UTC(2026, 0, 2, 3, 4, 5) })
    new App(simulator, 'sign-in-with-apple', { notificationUrl: receiver.url })
    const home = personId(simulator, 'Home User')
    receiver.replies = [200, 500, 200, 500, 503, 404, 'cut', 'cut', 'cut']
    for (let round = 0; round < 4; round++) await simulator.notify({ type: 'email-enabled', personId: home })
    receiver.replies = [500, 'hang']
    const hanging = simulator.notify({ type: 'email-enabled', personId: home })
    await receiver.nth(receiver.arrivals.length + 2)
    receiver.replies = ['hang']
    const first = simulator.notify({ type: 'email-enabled', personId: home })
    await receiver.nth(receiver.arrivals.length + 1)
    const rows = (await page()).match(/<tr><td>[\s\S]*?<\/tr>/g) ?? []
    expect(rows.map((row) => /<td>([^<]*)<\/td><\/tr>$/.exec(row)?.[1])).toEqual([
      'On its way',
      'The app answered 500; sent 2 times, to be sent again',
      'No answer; sent 3 times, given up',
      'The app answered 404; sent 3 times, given up',
      'The app took it; sent 2 times',
      'The app took it',
    ])
    expect(rows[0]).toContain('<time datetime="2026-01-02T03:04:05.000Z">03:04:05 UTC</time>')
    expect(rows[0]).toContain('<td>Home User</td>\n<td><code>com.example.app1</code></td>')
    await simulator.close()
    await Promise.all([hanging, first])
  })

  it('names the school of a notification of Data Sharing, and shows the latest twenty', async () => {
    new App(simulator, 'account-data-sharing', { notificationUrl: receiver.url })
    const administrator = personId(simulator, 'School Administrator')
    for (let round = 0; round < 22; round++) await simulator.notify({ type: 'x', personId: administrator })
    const html = await page()
    expect(html.match(/<td><code>x<\/code><\/td><td>First School<\/td>/g)).toHaveLength(20)
  })

  it('escapes what people, schools and types are called', async () => {
    await simulator.close()
    const id = '"><b>school'
    const person = {
      id: '"><b>',
      givenName: '<i>',
      familyName: "'&",
      role: 'administrator',
      organizationId: id,
    } as const
    await start({ people: [person], schools: [{ id, name: '<b>School</b>' }] })
    const app = new App(simulator, 'account-data-sharing', { notificationUrl: receiver.url, groupId: '<b>"' })
    await app.approve(person.id)
    await simulator.notify({ type: '<script>', personId: person.id })
    const html = await page()
    expect(html.match(/<script>/g)).toHaveLength(1)
    expect(html).not.toMatch(/<b>|<i>|"">/)
    expect(html).toContain('&lt;b&gt;School&lt;/b&gt;, approved by &lt;i&gt; &#39;&amp;')
    expect(html).toContain('<option value="school &quot;&gt;&lt;b&gt;school">')
    expect(html).toContain('<code>&lt;script&gt;</code>')
  })
})
