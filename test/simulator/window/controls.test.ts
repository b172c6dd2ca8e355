import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type FaultOptions } from '../../../src/simulator/index.js'
import { App, personId, type Fields } from '../support/app.js'
import { submit } from '../support/home-form.js'
import { decodeIdToken, fetchKeys, isSigned } from '../support/id-token.js'

describe('the controls of the simulator’s window', () => {
  let simulator: AppleSimulator
  let app: App
  let home: string

  beforeEach(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
    app = new App(simulator, 'sign-in-with-apple')
    home = personId(simulator, 'Home User')
  })
  afterEach(() => simulator.close())

  const press = (control: string, fields: Fields = {}, headers: Record<string, string> = {}) =>
    submit(simulator.url, { action: `/simulator/${control}`, fields }, headers)

  /** Presses a control, follows it back to the page, and answers what that says it did. */
  async function told(control: string, fields: Fields = {}): Promise<string> {
    const answer = await press(control, fields)
    expect(answer.status).toBe(303)
    const html = await (await fetch(new URL(answer.headers.get('location') ?? '', simulator.url))).text()
    const [, said = ''] = /<p class="said" role="status">(.*)<\/p>/.exec(html) ?? []
    expect(html).toMatch(new RegExp(`<p class="band" id="note-\\d+"><time[^>]*>[^<]*</time> ${said.slice(0, 20)}`))
    return said
  }

  it('rotates the keys', async () => {
    const { id_token } = await app.signIn(home)
    const kids = async () => (await fetchKeys(simulator)).map((key) => key.kid)
    const before = await kids()
    for (let round = 0; round < 3; round++) expect(await told('rotate-keys')).toContain('Signing keys rotated')
    expect((await kids()).filter((kid) => before.includes(kid))).toEqual([])
    expect(await isSigned(simulator, id_token)).toBe(false)
  })

  it('expires the access tokens and leaves the refresh tokens', async () => {
    const sharing = new App(simulator, 'account-data-sharing')
    const tokens = await sharing.signIn(personId(simulator, 'School Administrator'))
    expect(await told('expire-access-tokens')).toContain('Access tokens expired')
    expect((await sharing.organization(tokens.access_token)).status).toBe(401)
    expect((await sharing.refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('lets an endpoint fail as often as it says, and says which failures wait', async () => {
    const { refresh_token } = await app.signIn(home)
    const said = await told('fail', { endpoint: 'token', how: '503', times: '2' })
    expect(said).toBe('A failure waits: token: answers 503, 2 times.')
    expect((await app.refresh(refresh_token)).status).toBe(503)
    const page = await (await fetch(simulator.url)).text()
    expect(page).toContain('<p class="waiting">token: answers 503, once</p>')
    expect((await app.refresh(refresh_token)).status).toBe(503)
    expect((await app.refresh(refresh_token)).status).toBe(200)
    expect(await (await fetch(simulator.url)).text()).toContain('No failure waits.')
  })

  it.each([
    ['500', 'answers 500'],
    ['429', 'answers 429 with X-Retry-After 2'],
    ['401', 'answers 401'],
    ['late', 'answers 2 s late'],
    ['later', 'answers 10 s late'],
    ['hang', 'gives no answer'],
    ['reset', 'cuts the connection'],
  ])('offers to fail by %s, and to call it off', async (how, words) => {
    expect(await told('fail', { endpoint: 'any', how })).toBe(`A failure waits: any endpoint: ${words}, once.`)
    expect(await told('behave')).toBe('Failures called off: Apple behaves again.')
    expect((await fetch(`${simulator.url}/auth/keys`)).status).toBe(200)
  })

  it.each<[FaultOptions, string]>([
    [
      { endpoint: 'roster', path: '/classes', status: 500, delayMs: 1500 },
      'roster, /classes: answers 1.5 s late and answers 500, once',
    ],
    [
      { service: 'sign-in-with-apple', connection: 'hang', times: Infinity },
      'any endpoint, Sign in with Apple: gives no answer, until called off',
    ],
  ])('shows the failures of a program, too: %j', async (fault, words) => {
    simulator.fail(fault)
    expect(await (await fetch(simulator.url)).text()).toContain(`<p class="waiting">${words}</p>`)
  })

  it('shows a failed exchange in its login, with the parameters that were sent', async () => {
    const code = await app.code(home)
    for (const fault of [{ status: 500 }, { connection: 'reset' as const }]) {
      simulator.fail({ endpoint: 'token', ...fault })
      await app.exchange(code).catch(() => undefined)
    }
    const html = await (await fetch(simulator.url)).text()
    const login = /<section class="login" id="login-1"[\s\S]*?<\/section>/.exec(html)?.[0] ?? ''
    expect(login).toContain('Why: fail() asked for 500')
    expect(login).toContain('<span class="status">no answer</span>')
    expect(login.match(/hands the code in/g)).toHaveLength(2)
    simulator.fail({ endpoint: 'token', status: 500 })
    expect((await app.post('token', 'x', { headers: { 'content-type': 'text/plain' } })).status).toBe(500)
  })

  it('changes a person, for the next id_token, the consent page and the Roster API', async () => {
    const teacher = personId(simulator, 'Class Teacher')
    const sharing = new App(simulator, 'account-data-sharing')
    const { access_token } = await sharing.signIn(personId(simulator, 'School Administrator'))
    const { refresh_token } = await app.signIn(teacher)
    const user = async () => {
      const headers = { authorization: `Bearer ${access_token}` }
      return (await fetch(`${simulator.url}/rosterapi/v1/users/${teacher}`, { headers })).json() as Promise<object>
    }
    expect(await user()).toMatchObject({ givenName: 'Class', email: 'class.teacher@first-school.example' })
    const fields = {
      given_name: 'New',
      family_name: 'Name',
      email: 'new.name@first-school.example',
      email_verified: 'true',
    }
    expect(await told('change-person', { person: teacher, ...fields })).toContain('New Name was changed')
    expect(await user()).toMatchObject({ givenName: 'New', familyName: 'Name', email: fields.email })
    const { claims } = decodeIdToken((await app.refresh(refresh_token)).body.id_token)
    expect(claims).toMatchObject({ email: fields.email, email_verified: true, sub: teacher })
    expect((await app.open()).html).toContain('New Name')
    expect(simulator.people.find(({ id }) => id === teacher)).toMatchObject({ givenName: 'New' })
    await told('change-person', { person: teacher, given_name: 'New', family_name: 'Name', email: '' })
    expect(await user()).not.toHaveProperty('email')
    expect(decodeIdToken((await app.signIn(teacher)).id_token).claims).not.toHaveProperty('email')
  })

  it('gives an app the relay address or takes it away, once the app knows an address', async () => {
    const form = async () => {
      const html = await (await fetch(simulator.url)).text()
      return /<details class="person"><summary>Home User<\/summary>[\s\S]*?<\/details>/.exec(html)?.[0] ?? ''
    }
    expect(await form()).not.toContain('name="hide_email"')
    const { refresh_token } = await app.signIn(home)
    expect(await form()).toContain('<option value="false" selected>')
    const fields = { person: home, given_name: 'Home', family_name: 'User', email: 'home.user@home.example' }
    await told('change-person', { ...fields, email_verified: 'true', hide_email: 'true' })
    const { claims } = decodeIdToken((await app.refresh(refresh_token)).body.id_token)
    expect(claims).toMatchObject({ is_private_email: true, email: expect.stringMatching(/@privaterelay/) })
    expect(await form()).toContain('<option value="true" selected>')
  })

  it.each<[string, () => Fields, string]>([
    ['fail', () => ({ endpoint: 'token' }), 'choose how it is to fail.'],
    ['fail', () => ({ endpoint: '<b>', how: '500' }), 'choose an endpoint.'],
    ['fail', () => ({ endpoint: 'any', how: '500', times: '0' }), 'times must be a whole number from 1'],
    ['change-person', () => ({ person: '<b>' }), 'there is no person with the id &lt;b&gt;.'],
    ['change-person', () => ({ person: home, given_name: '', family_name: 'x' }), 'givenName must be a text'],
    ['change-person', () => ({ person: home, given_name: 'x', family_name: 'x', hide_email: 'true' }), 'no app knows'],
  ])('says why nothing was changed: %s', async (control, fields, why) => {
    const answer = await press(control, fields())
    const alert = /<p class="alert" role="alert">(.*)<\/p>/.exec(await answer.text())?.[1]
    expect([answer.status, alert]).toEqual([400, expect.stringContaining(why)])
    expect(alert).toMatch(/^Nothing was changed: /)
  })

  it.each(['rotate-keys', 'expire-access-tokens', 'fail', 'behave', 'change-person'])(
    'refuses %s from another site, and by GET',
    async (control) => {
      const before = await (await fetch(`${simulator.url}/simulator/parts`)).text()
      for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://app.example' }]) {
        expect((await press(control, { endpoint: 'any', how: '500' }, headers)).status).toBe(403)
      }
      expect((await fetch(`${simulator.url}/simulator/${control}`)).status).toBe(404)
      expect(await (await fetch(`${simulator.url}/simulator/parts`)).text()).toBe(before)
      expect(await (await fetch(simulator.url)).text()).not.toContain('class="band"')
    },
  )

  it('says nothing for a number that is no note', async () => {
    await fetch(`${simulator.url}/auth/keys`)
    for (const said of ['1', '99', 'x', '1&said=2']) {
      expect(await (await fetch(`${simulator.url}/?said=${said}`)).text()).not.toContain('class="said"')
    }
  })

  it('offers the first fifty people, and counts the others', async () => {
    for (let number = 0; number < 60; number++) {
      simulator.addPerson({ givenName: 'Person', familyName: String(number), role: 'consumer' })
    }
    const html = await (await fetch(simulator.url)).text()
    expect(html.match(/<details class="person">/g)).toHaveLength(50)
    expect(html).toContain('And 20 more')
  })
})
