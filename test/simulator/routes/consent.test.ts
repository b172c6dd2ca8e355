import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, encodeForm, form, personId, redirectUri } from '../support/app.js'
import { decodeIdToken, isSigned, leftHalfHash } from '../support/id-token.js'

describe('consentEndpoint', () => {
  let simulator: AppleSimulator
  let signIn: App
  let sharing: App
  let home: string
  let administrator: string

  beforeEach(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
    signIn = new App(simulator, 'sign-in-with-apple')
    sharing = new App(simulator, 'account-data-sharing')
    home = personId(simulator, 'Home User')
    administrator = personId(simulator, 'School Administrator')
  })

  afterEach(() => simulator.close())

  describe('the way back', () => {
    it('is a 302 with query parameters for Data Sharing without response_mode', async () => {
      const { status, mode, target, fields } = await sharing.approve(administrator, { state: 'a b+c&d' })
      expect([status, mode, target]).toEqual([302, 'query', redirectUri])
      expect(fields).toEqual({ code: expect.stringMatching(/^c[0-9a-f]{32}\.0\./), state: 'a b+c&d' })
    })

    it('keeps the query of a redirect URI', async () => {
      const withQuery = 'https://app.example.org/callback?tenant=1'
      const app = new App(simulator, 'account-data-sharing', { redirectUris: [withQuery] })
      const { fields, target } = await app.approve(administrator, { redirect_uri: withQuery })
      expect(target).toBe('https://app.example.org/callback')
      expect(Object.keys(fields)).toEqual(['tenant', 'code'])
    })

    it('is the fragment when asked for', async () => {
      const { status, mode, fields } = await sharing.approve(administrator, { response_mode: 'fragment', state: 's' })
      expect([status, mode, fields.state]).toEqual([302, 'fragment', 's'])
    })

    it('is a page that posts itself, or by a button where scripts are off', async () => {
      const { action } = await signIn.open({ state: '"><script>' })
      const body = encodeForm({ decision: 'continue', person: home })
      const response = await fetch(`${simulator.url}${action}`, form(body))
      const html = await response.text()
      const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? ''
      const hash = createHash('sha256').update(script).digest('base64')
      const policy = response.headers.get('content-security-policy') ?? ''
      expect(policy).toContain(`script-src 'sha256-${hash}'`)
      expect(policy).not.toContain('form-action')
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('referrer-policy')).toBe('strict-origin')
      expect(html).toMatch(/<noscript>.*<button type="submit">/)
      expect(html).toContain('name="state" value="&quot;&gt;&lt;script&gt;"')
    })

    it('takes Data Sharing by form_post too', async () => {
      const { status, mode, target, fields } = await sharing.approve(administrator, { response_mode: 'form_post' })
      expect([status, mode, target, Object.keys(fields)]).toEqual([200, 'form_post', redirectUri, ['code']])
    })

    it('carries an id_token with c_hash when asked for', async () => {
      const { fields } = await signIn.approve(home, { response_type: 'code id_token', nonce: 'n', state: 's' })
      expect(Object.keys(fields)).toEqual(['code', 'id_token', 'state', 'user'])
      const { claims } = decodeIdToken(fields.id_token ?? '')
      expect(await isSigned(simulator, fields.id_token ?? '')).toBe(true)
      expect(claims).toMatchObject({ sub: home, nonce: 'n', c_hash: leftHalfHash(fields.code ?? '') })
      expect(claims).not.toHaveProperty('at_hash')
    })
  })

  describe('Cancel', () => {
    it.each(['form_post', 'fragment', 'query'])('returns user_cancelled_authorize and state by %s', async (mode) => {
      const { action } = await signIn.open({
        state: 's',
        response_mode: mode,
        ...(mode !== 'form_post' && { scope: '' }),
      })
      const delivery = await signIn.decide(action, { decision: 'cancel' })
      expect(delivery.mode).toBe(mode)
      expect(delivery.fields).toEqual({ error: 'user_cancelled_authorize', state: 's' })
      expect(simulator.requests.at(-1)).toMatchObject({ endpoint: 'consent', error: 'user_cancelled_authorize' })
    })

    it('sends no state where none was sent', async () => {
      const { action } = await sharing.open()
      expect((await sharing.decide(action, { decision: 'cancel' })).fields).toEqual({
        error: 'user_cancelled_authorize',
      })
    })
  })

  describe('who may approve', () => {
    it.each(['Class Teacher', 'First Student', 'Home User', 'Developer Account', 'given100 family100'])(
      'refuses %s for the data of a school',
      async (name) => {
        const { status, mode, html } = await sharing.approve(personId(simulator, name))
        expect([status, mode]).toEqual([403, 'page'])
        expect(html).toContain('role="alert"')
      },
    )

    it.each(['School Administrator', 'Site Manager', 'Other Administrator'])('lets %s approve', async (name) => {
      expect((await sharing.approve(personId(simulator, name))).status).toBe(302)
    })

    it('lets only the developer account approve the test scope', async () => {
      const scope = 'edu.rosterapi.test.read'
      expect((await sharing.approve(administrator, { scope })).status).toBe(403)
      expect((await sharing.approve(personId(simulator, 'Developer Account'), { scope })).status).toBe(302)
    })

    it.each([undefined, 'nobody'])(
      'shows the page again for person %s, and takes the next decision',
      async (person) => {
        const { action } = await sharing.open()
        const refused = await sharing.decide(action, { person })
        expect([refused.status, refused.html.includes(action)]).toEqual([403, true])
        expect((await sharing.decide(action, { person: administrator })).status).toBe(302)
      },
    )
  })

  it('makes a fresh code each time Continue is pressed, after Back or Reload', async () => {
    const { action } = await signIn.open()
    const [first, second] = [
      await signIn.decide(action, { person: home }),
      await signIn.decide(action, { person: home }),
    ]
    expect(first.fields.code).not.toBe(second.fields.code)
    expect((await signIn.exchange(first.fields.code ?? '')).status).toBe(200)
    expect((await signIn.exchange(second.fields.code ?? '')).status).toBe(200)
  })

  it.each([
    ['an unknown page', '/simulator/consent/unknown', 'decision=continue'],
    ['no decision', undefined, 'person=x'],
    ['two decisions', undefined, 'decision=continue&decision=cancel'],
  ])('shows an error page for %s', async (_case, path, body) => {
    const { action } = await signIn.open()
    const response = await fetch(`${simulator.url}${path ?? action}`, form(body))
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('<h1>invalid_request</h1>')])
  })

  describe('the user field', () => {
    const user = async (app: App, fields = {}, decision = {}) => {
      const answer = (await app.approve(home, fields, decision)).fields.user
      return answer === undefined ? undefined : (JSON.parse(answer) as unknown)
    }
    const everything = { name: { firstName: 'Home', lastName: 'User' }, email: 'home.user@home.example' }

    it('comes the first time only', async () => {
      expect(await user(signIn)).toEqual(everything)
      expect(await user(signIn)).toBeUndefined()
    })

    it.each([
      ['name', { name: everything.name }],
      ['email', { email: everything.email }],
      ['openid', undefined],
    ])('holds what scope %s asked for', async (scope, expected) => {
      expect(await user(signIn, { scope })).toEqual(expected)
    })

    it('has no e-mail address for somebody without one', async () => {
      const { fields } = await signIn.approve(personId(simulator, 'First Student'))
      expect(fields.user).toBe('{"name":{"firstName":"First","lastName":"Student"}}')
    })

    it('comes once for apps of one group, and once for each app without', async () => {
      const one = new App(simulator, 'sign-in-with-apple', { groupId: 'com.example.group' })
      const two = new App(simulator, 'sign-in-with-apple', { groupId: 'com.example.group' })
      expect(await user(one)).toEqual(everything)
      expect(await user(two)).toBeUndefined()
      const group = { groupId: 'com.example.group', teamId: 'OTHERTEAM1' }
      expect(await user(new App(simulator, 'sign-in-with-apple', group))).toEqual(everything)
      expect(await user(signIn)).toEqual(everything)
    })

    it('comes again after a revocation, with the same sub', async () => {
      const tokens = await signIn.signIn(home)
      expect((await signIn.revoke(tokens.refresh_token)).status).toBe(200)
      expect(await user(signIn)).toEqual(everything)
      expect(decodeIdToken((await signIn.signIn(home)).id_token).claims.sub).toBe(home)
    })

    it('never comes for Data Sharing', async () => {
      expect((await sharing.approve(administrator)).fields).not.toHaveProperty('user')
    })
  })

  describe('Hide My Email', () => {
    const relay = expect.stringMatching(/^[0-9a-z]{10}@privaterelay\.appleid\.com$/)

    it('gives a relay address that stays the same', async () => {
      const { fields } = await signIn.approve(home, {}, { hide_email: 'true' })
      const { email } = JSON.parse(fields.user ?? '') as { email: string }
      expect(email).toEqual(relay)
      const { body } = await signIn.exchange(fields.code ?? '')
      const claims = { email, email_verified: true, is_private_email: true }
      expect(decodeIdToken(body.id_token).claims).toMatchObject(claims)
      expect(decodeIdToken((await signIn.signIn(home)).id_token).claims).toMatchObject(claims)
    })

    it('counts the first time that an e-mail address is asked for', async () => {
      await signIn.approve(home, { scope: 'name' }, { hide_email: 'true' })
      await signIn.approve(home, {}, {})
      const { fields } = await signIn.approve(home, {}, { hide_email: 'true' })
      const { claims } = decodeIdToken((await signIn.exchange(fields.code ?? '')).body.id_token)
      expect(claims.email).toBe('home.user@home.example')
      expect(claims).not.toHaveProperty('is_private_email')
    })

    it('is not for managed accounts', async () => {
      const { fields } = await signIn.approve(personId(simulator, 'Class Teacher'), {}, { hide_email: 'true' })
      const { claims } = decodeIdToken((await signIn.exchange(fields.code ?? '')).body.id_token)
      expect(claims.email).toBe('class.teacher@first-school.example')
    })
  })
})
