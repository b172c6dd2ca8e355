import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, encodeForm, form, personId } from '../support/app.js'

describe('the exchanges in the simulator’s window', () => {
  let simulator: AppleSimulator
  let now: number

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 2, 3, 4, 5)
    simulator = createAppleSimulator({ now: () => now })
    await simulator.listen()
  })
  afterEach(() => simulator.close())

  /** The groups from the top: what they are called, and who asks whom for what. */
  async function groups(): Promise<{ title: string; rows: string[] }[]> {
    const html = await (await fetch(simulator.url)).text()
    return [...html.matchAll(/<section class="login"[\s\S]*?<\/section>/g)].map(([group]) => ({
      title: (/<h3[^>]*>(.*)<\/h3>/.exec(group)?.[1] ?? '').replace(/<[^>]*>/g, '').replace(/#[0-9a-f]{6}/, '#'),
      rows: [...group.matchAll(/<span class="sr">(.*?): <\/span><strong>(.*?)<\/strong>\n?<code>(.*?)<\/code>/g)].map(
        ([, who = '', title = '', line = '']) => `${who}: ${title} ${line}`,
      ),
    }))
  }

  const app = (clientId: string) => new App(simulator, 'sign-in-with-apple', { clientId }, () => now)

  it('are one group for each login, the latest on top, and each in the order of time', async () => {
    const web = app('com.example.web')
    const tokens = await web.signIn(personId(simulator, 'Home User'), { state: 'one' })
    await fetch(`${simulator.url}/auth/keys`)
    await web.approve(personId(simulator, 'Second User'), {}, { decision: 'cancel' })
    now += 60_000
    await fetch(`${simulator.url}/auth/keys`)
    await web.refresh(tokens.refresh_token)
    await web.revoke(tokens.access_token)
    expect(await groups()).toEqual([
      {
        title: 'Login 1 Home User · com.example.web · Sign in with Apple state #',
        rows: [
          'Browser to Apple: Authorize GET /auth/authorize',
          'Browser to Apple: Consent POST /simulator/consent/…',
          'Browser to Your app: Callback POST http://localhost:3000/callback',
          'Your app to Apple: Token POST /auth/token',
          'Your app to Apple: Keys GET /auth/keys',
          'Your app to Apple: Token, refreshed POST /auth/token',
          'Your app to Apple: Revoke POST /auth/revoke',
        ],
      },
      { title: 'Outside of a login', rows: ['Your app to Apple: Keys GET /auth/keys'] },
      {
        title: 'Login 2 com.example.web · Sign in with Apple',
        rows: [
          'Browser to Apple: Authorize GET /auth/authorize',
          'Browser to Apple: Consent POST /simulator/consent/…',
          'Browser to Your app: Callback POST http://localhost:3000/callback',
        ],
      },
    ])
  })

  it('tell apart the ways back to the app', async () => {
    const web = app('com.example.web')
    for (const response_mode of ['query', 'fragment']) {
      await web.approve(personId(simulator, 'Home User'), { scope: undefined, response_mode })
    }
    const [fragment, query] = await groups()
    expect(query?.rows[2]).toBe('Browser to Your app: Callback GET http://localhost:3000/callback?…')
    expect(fragment?.rows[2]).toBe('Browser to Your app: Callback GET http://localhost:3000/callback#…')
    const html = await (await fetch(simulator.url)).text()
    expect(html).toContain('Sends the browser on.')
  })

  it('say why Apple refused, where Apple does not', async () => {
    const web = app('com.example.web')
    await web.open({ redirect_uri: 'https://elsewhere.example/' })
    await web.exchange('c0.never.issued')
    await web.exchange(await web.code(personId(simulator, 'Home User')), {
      client_secret: web.secret({ teamId: 'TEAM999999' }),
    })
    await fetch(`${simulator.url}/rosterapi/v1/users`)
    await fetch(`${simulator.url}/simulator/consent/unknown`, form(encodeForm({ decision: 'continue' })))
    const html = await (await fetch(simulator.url)).text()
    expect(html).toContain('Why: invalid_request: The redirect_uri is not registered.')
    expect(html).toContain('Why: invalid_grant: the code was never issued')
    expect(html).toContain('Why: invalid_client: client secret: iss is not the Team ID of the client')
    expect(html).toContain('Why: the access token is missing, unknown, expired or revoked')
    expect(html).toContain('A page that says what is wrong.')
  })

  it('show a sign-in on a device, and the code that comes of it', async () => {
    const native = app('com.example.native')
    const personId_ = personId(simulator, 'Home User')
    const { authorizationCode, identityToken } = await simulator.signInOnDevice({
      ...{ clientId: 'com.example.native', personId: personId_, nonce: 'a nonce of this test' },
    })
    await native.exchange(authorizationCode, { redirect_uri: undefined })
    const html = await (await fetch(simulator.url)).text()
    for (const secret of [authorizationCode, identityToken, 'a nonce of this test']) expect(html).not.toContain(secret)
    await simulator.signInOnDevice({ clientId: 'com.example.native', personId: personId_ })
    const [second, first] = await groups()
    expect(first?.title).toBe('Login 1 Home User · com.example.native · Sign in with Apple')
    expect(first?.rows.map((row) => row.split(' ').slice(3, 6).join(' '))).toEqual([
      'Sign-in on a',
      expect.stringContaining('Token'),
    ])
    expect(second?.rows).toHaveLength(1)
  })

  it('begin a group where tokens come of something that nobody saw', async () => {
    const web = app('com.example.web')
    const { body } = await web.token({ grant_type: 'client_credentials', scope: 'user.migration' })
    await simulator.close()
    await simulator.listen()
    expect(body.access_token).toBeDefined()
    expect(await groups()).toEqual([
      {
        title: 'Login 1 com.example.web · Sign in with Apple',
        rows: ['Your app to Apple: Token for the team POST /auth/token'],
      },
    ])
  })

  it('say what of them was cancelled', async () => {
    const { action } = await app('com.example.web').open()
    await app('com.example.other').decide(action, { decision: 'cancel' })
    expect(await (await fetch(simulator.url)).text()).toContain('the person pressed Cancel. There is no code.')
  })
})
