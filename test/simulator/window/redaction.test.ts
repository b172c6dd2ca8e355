import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { TestApp } from '../../support/test-app.js'
import { App, encodeForm, form, personId, redirectUri, type Fields } from '../support/app.js'
import { ExchangeStream } from '../support/exchange-stream.js'
import { NotificationReceiver } from '../support/notification-receiver.js'

describe('what the simulator’s window shows of secrets', () => {
  let simulator: AppleSimulator
  let receiver: NotificationReceiver
  let stream: ExchangeStream

  beforeEach(async () => {
    receiver = await NotificationReceiver.start()
    simulator = createAppleSimulator({ notificationRetryWaitsMs: [] })
    await simulator.listen()
    stream = await ExchangeStream.open(simulator.url)
  })
  afterEach(async () => {
    await simulator.close()
    await receiver.close()
  })

  /** The page, the stream and the other parts, once everything has come. */
  async function everything(): Promise<string> {
    simulator.behave()
    await stream.until(({ changes }) => changes.at(-1)?.news.startsWith('Failures called off') === true)
    const texts = ['/', '/simulator/parts'].map(async (path) => (await fetch(`${simulator.url}${path}`)).text())
    return [...(await Promise.all(texts)), stream.text].join('\n')
  }

  it.each(['sign-in-with-apple', 'account-data-sharing'] as const)(
    'is none of a whole login with a real app: %s',
    async (service) => {
      const person = personId(simulator, service === 'sign-in-with-apple' ? 'Home User' : 'School Administrator')
      const app = await TestApp.start(simulator.url, {
        // The simulator makes its RSA keys meanwhile, which takes long on a busy machine.
        options: { service, httpTimeoutMs: 30_000 },
        register: (url) =>
          simulator.createClient({
            service,
            redirectUris: [`${url}/auth/apple/callback`],
            notificationUrl: receiver.url,
          }),
        routes: (routes) => {
          routes.get('/tokens', ({ apple: { tokens } }, res) => {
            // Spelt out, because tokens print as [redacted].
            res.json([tokens?.accessToken, tokens?.refreshToken, tokens?.idToken])
          })
        },
      })
      const visitor = app.visitor()
      const login = await visitor.get('/auth/apple/login')
      const authorize = new URL(login.headers.location ?? '')
      const html = await (await fetch(authorize)).text()
      const action = /<form method="post" action="([^"]*)"/.exec(html)?.[1] ?? ''
      const decision = form(encodeForm({ decision: 'continue', person }))
      const consent = await fetch(new URL(action, simulator.url), { ...decision, redirect: 'manual' })
      const inputs = (await consent.text()).matchAll(/name="([^"]*)" value="([^"]*)"/g)
      const posted = Object.fromEntries(
        [...inputs].map(([, name = '', value = '']) => [name, value.replaceAll('&quot;', '"')]),
      )
      const query = new URL(consent.headers.get('location') ?? 'http://localhost').searchParams
      const isPosted = service === 'sign-in-with-apple'
      const code = isPosted ? posted.code : query.get('code')
      const callback = isPosted
        ? visitor.post('/auth/apple/callback').type('form').send(posted)
        : visitor.get(`/auth/apple/callback?${query.toString()}`)
      expect((await callback).status).toBe(303)
      const [accessToken, refreshToken, idToken] = (await visitor.get('/tokens')).body as string[]
      await simulator.notify({ type: 'consent-revoked', personId: person })
      await app.stop()

      const text = await everything()
      const secrets = {
        code,
        accessToken,
        refreshToken,
        idToken: idToken?.split('.')[2],
        idTokenClaims: idToken?.split('.')[1],
        state: authorize.searchParams.get('state'),
        nonce: authorize.searchParams.get('nonce'),
        notification: receiver.arrivals[0]?.jwt,
        consent: action.split('/').at(-1),
      }
      for (const [name, secret] of Object.entries(secrets)) {
        expect([name, secret]).toEqual([name, expect.stringMatching(/^.{20,}$/)])
        expect([name, text.includes(String(secret))]).toEqual([name, false])
      }
      expect(text).not.toMatch(/eyJ[\w-]{8}/)
      const titles = [...(await (await fetch(simulator.url)).text()).matchAll(/<strong>(\w+)<\/strong>\n/g)]
      expect(titles.map(([, title]) => title)).toEqual(
        expect.arrayContaining(['Authorize', 'Consent', 'Callback', 'Token', 'Keys', 'Notification']),
      )
    },
  )

  it('is no refresh, revoke, Roster or user migration token either', async () => {
    const app = new App(simulator, 'account-data-sharing')
    const people = new App(simulator, 'sign-in-with-apple')
    const tokens = await app.signIn(personId(simulator, 'School Administrator'))
    const refreshed = await app.refresh(tokens.refresh_token)
    const list = (path: string, token: string) =>
      fetch(`${simulator.url}/rosterapi/v1${path}`, { headers: { authorization: `Bearer ${token}` } })
    const page = (await (await list('/users?limit=2', tokens.access_token)).json()) as { nextPageToken: string }
    await list(`/users?limit=2&pageToken=${page.nextPageToken}`, tokens.access_token)
    await list(`/users/${tokens.refresh_token}`, tokens.access_token)
    await list('/users', 'a'.repeat(5000))
    const team = await people.token({ grant_type: 'client_credentials', scope: 'user.migration' })
    const headers = { authorization: `Bearer ${team.body.access_token}` }
    const migration = form(
      encodeForm({ ...people.identity(), sub: personId(simulator, 'Home User'), target: 'TEAM000002' }),
    )
    await fetch(`${simulator.url}/auth/usermigrationinfo`, {
      ...migration,
      headers: { ...(migration.headers as object), ...headers },
    })
    await app.revoke(refreshed.body.access_token)
    const text = await everything()
    const secrets = [tokens.access_token, tokens.refresh_token, refreshed.body.access_token, team.body.access_token]
    for (const secret of [...secrets, page.nextPageToken]) expect(text.includes(secret)).toBe(false)
    expect(text).toContain('2 times, the last one shown')
    const group = stream.changes.find(({ news }) => news.startsWith('Revoke'))?.group
    expect(group).toBe(stream.changes.find(({ news }) => news.startsWith('Consent'))?.group)
  })

  it('is nothing of a secret in the wrong place', async () => {
    const app = new App(simulator, 'sign-in-with-apple')
    const code = await app.code(personId(simulator, 'Home User'))
    const secret = app.secret()
    const misplaced: Fields[] = [
      { client_id: secret },
      { client_id: code },
      { scope: code },
      { grant_type: secret },
      { redirect_uri: `https://app.example/?x=${code}` },
      { [code]: 'x' },
      { [secret]: 'x' },
      { client_secret: `${secret}.x`, token_type_hint: '-----BEGIN PRIVATE KEY-----' },
      { client_secret: 'not a token', password: 'hunter2 and more' },
      { client_secret: 'a.b.c' },
      { client_secret: `${'x'.repeat(20_000)}.y.z` },
    ]
    for (const fields of misplaced) {
      await app.exchange(code, { redirect_uri: 'https://other.example/', ...fields })
      await app.open(fields)
    }
    await app.post('token', `a=1&a=${code}&${code}=1&${code}=2`)
    const text = await everything()
    for (const hidden of [code, secret.split('.')[2], 'hunter2', 'PRIVATE KEY', 'not a token']) {
      expect([hidden, text.includes(hidden ?? '')]).toEqual([hidden, false])
    }
    expect(text).toContain('(another name)')
  })

  it('shows the same secret under the same tag, another one under another', async () => {
    const app = new App(simulator, 'sign-in-with-apple')
    const state = 'a state of this test'
    const code = await app.code(personId(simulator, 'Home User'), { state })
    await app.exchange(code)
    await app.code(personId(simulator, 'Second User'), { state: 'another state' })
    const text = await everything()
    const tagsOf = (name: string) =>
      [
        ...text.matchAll(
          new RegExp(
            `<code>${name}</code></th>(?:\\n|\\\\n)<td><span class=\\\\?"tag colour-\\d\\\\?">#([0-9a-f]{6})`,
            'g',
          ),
        ),
      ].map(([, tag]) => tag)
    expect(new Set(tagsOf('state')).size).toBe(2)
    expect(new Set(tagsOf('code')).size).toBe(2)
    expect(text).not.toContain(state)
  })

  it('decodes the client secret and the id_token, without their signatures', async () => {
    const app = new App(simulator, 'sign-in-with-apple')
    const { id_token } = await app.signIn(personId(simulator, 'Home User'), { nonce: 'once' })
    const text = await (await fetch(simulator.url)).text()
    expect(text).toMatch(/<code>iss<\/code><\/th>\n<td><code>SIMTEAM001<\/code>/)
    expect(text).toMatch(/<code>exp<\/code><\/th>\n<td><code>\d+ \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)<\/code>/)
    expect(text).toMatch(/<code>email<\/code><\/th>\n<td><code>home\.user@home\.example<\/code>/)
    expect(text).toMatch(/<code>nonce<\/code><\/th>\n<td><span class="tag/)
    expect(text).not.toContain(id_token.split('.')[1])
  })

  it('escapes whatever an attacking client sends', async () => {
    const app = new App(simulator, 'sign-in-with-apple', { notificationUrl: receiver.url })
    const hostile = `"'></code></td><script>alert(1)</script><img src=x onerror=alert(1)>`
    for (const name of ['client_id', 'scope', 'redirect_uri', 'state', 'response_mode', hostile]) {
      await app.open({ [name]: hostile })
      await app.post('token', encodeForm({ [name]: hostile, client_secret: hostile }))
    }
    const header = Buffer.from(JSON.stringify({ alg: hostile, kid: hostile, [hostile]: 1 })).toString('base64url')
    const claims = Buffer.from(
      JSON.stringify({ iss: hostile, exp: 1e99, iat: 'x', sub: { [hostile]: hostile } }),
    ).toString('base64url')
    const { clientId } = app.credentials
    for (const token of [`${header}.${claims}.x`, `${header}.W10.x`, `bnVsbA.${claims}.x`]) {
      await app.post('token', encodeForm({ client_id: clientId, client_secret: token, grant_type: hostile }))
    }
    simulator.changePerson(personId(simulator, 'Home User'), { givenName: hostile, familyName: '<b>', email: hostile })
    await app.signIn(simulator.people[0]?.id ?? '')
    await simulator.notify({ type: hostile, personId: simulator.people[0]?.id ?? '' })
    const markup = /<script>alert|<img|<b>|onerror=alert\(1\)>/
    expect(await (await fetch(simulator.url)).text()).not.toMatch(markup)
    expect(JSON.stringify(await (await fetch(`${simulator.url}/simulator/parts`)).json())).not.toMatch(markup)
    await stream.until(({ changes }) => changes.at(-1)?.news.startsWith('Notification') === true)
    for (const { html, heading, frame } of stream.changes) expect(`${html}${heading}${frame}`).not.toMatch(markup)
  })

  it('never fails on parameters that are named like a part of the language', async () => {
    const app = new App(simulator, 'sign-in-with-apple')
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    for (const name of names) expect((await app.open({ [name]: 'x', redirect_uri: redirectUri })).status).toBe(200)
    const text = await (await fetch(simulator.url)).text()
    for (const name of names) expect(text).toContain(`<code>${name}</code>`)
    expect(text).toContain('Not one of Apple’s, so it stays hidden.')
  })
})
