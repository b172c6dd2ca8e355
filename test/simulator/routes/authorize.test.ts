import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, personId, redirectUri, type Fields } from '../support/app.js'

describe('authorizeEndpoint', () => {
  let simulator: AppleSimulator
  let signIn: App
  let sharing: App

  beforeAll(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
    const redirectUris = [redirectUri, 'https://app.example.org/callback?tenant=1']
    signIn = new App(simulator, 'sign-in-with-apple', { redirectUris })
    sharing = new App(simulator, 'account-data-sharing', {
      redirectUris,
      scopes: ['edu.users.read', 'edu.classes.read'],
    })
  })

  afterAll(() => simulator.close())

  const app = (service: string) => (service === 'sharing' ? sharing : signIn)

  async function refused(service: string, fields: Fields, error: string, text: string) {
    const { status, html, headers } = await app(service).open(fields)
    expect([status, headers.get('location')]).toEqual([400, null])
    expect(html).toContain(`<h1>${error}</h1>`)
    expect(html).toContain(text)
    expect(simulator.requests.at(-1)).toMatchObject({ endpoint: 'authorize', status: 400, error })
  }

  it.each(['sharing', 'sign-in'])('shows the consent page to a right request for %s', async (service) => {
    const { status, html, headers } = await app(service).open()
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(html).toContain('Nothing on this page reaches Apple.')
    expect(html).toContain(app(service).credentials.clientId)
    expect(html).toContain(redirectUri)
    expect(simulator.requests.at(-1)).toMatchObject({ endpoint: 'authorize', status: 200 })
  })

  it.each([
    ['client_id is missing', { client_id: undefined }, 'invalid_request', 'The parameter client_id is missing.'],
    ['client_id is unknown', { client_id: 'com.example.none' }, 'invalid_client', 'not registered with this simulator'],
    ['redirect_uri is missing', { redirect_uri: undefined }, 'invalid_request', 'Invalid web redirect url'],
    [
      'redirect_uri has one slash more',
      { redirect_uri: `${redirectUri}/` },
      'invalid_request',
      'Invalid web redirect url',
    ],
    ['response_type is missing', { response_type: undefined }, 'invalid_request', 'response_type is missing'],
    ['response_type is id_token', { response_type: 'id_token' }, 'invalid_request', 'The response_type must be code'],
    [
      'response_mode is unknown',
      { response_mode: 'web_message', scope: '' },
      'invalid_request',
      'The response_mode is not',
    ],
    ['scope is unknown', { scope: 'photos' }, 'invalid_scope', 'may ask for'],
    ['code_challenge_method is plain', { code_challenge_method: 'plain' }, 'invalid_request', 'must be S256'],
    ['code_challenge has no method', { code_challenge: 'a'.repeat(43) }, 'invalid_request', 'must be S256'],
    ['code_challenge is missing', { code_challenge_method: 'S256' }, 'invalid_request', 'base64url SHA-256'],
    [
      'code_challenge is too short',
      { code_challenge: 'short', code_challenge_method: 'S256' },
      'invalid_request',
      'base64url SHA-256',
    ],
  ])('shows an error page of its own when %s', async (_case, fields, error, text) => {
    await refused('sharing', fields, error, text)
    await refused('sign-in', fields, error, text)
  })

  it('refuses a client that is configured for the other service', async () => {
    const { clientId } = sharing.credentials
    await refused('sign-in', { client_id: clientId }, 'invalid_client', 'is not configured for Sign in with Apple')
  })

  it('refuses repeated parameters, even equal or unknown ones', async () => {
    for (const extra of [`redirect_uri=${encodeURIComponent(redirectUri)}`, 'locale=en&locale=en']) {
      const response = await fetch(`${sharing.authorizeUrl()}&${extra}`)
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('is repeated.')])
    }
  })

  it('refuses a query that is not percent-encoded, and no query at all', async () => {
    const broken = await fetch(`${sharing.authorizeUrl()}&state=%zz`)
    expect(await broken.text()).toContain('not percent-encoded')
    const none = await fetch(`${sharing.base}/authorize`)
    expect(await none.text()).toContain('The parameter client_id is missing.')
  })

  it('escapes what it shows', async () => {
    const url = `${sharing.authorizeUrl()}&%3Cscript%3E=1&%3Cscript%3E=2`
    const html = await (await fetch(url)).text()
    expect(html).toContain('The parameter &lt;script&gt; is repeated.')
    expect(html).not.toContain('<script>')
  })

  it('ignores parameters that it does not know', async () => {
    expect((await signIn.open({ locale: 'en_US', m: '11' })).status).toBe(200)
  })

  it('offers code id_token to Sign in with Apple only', async () => {
    await refused('sharing', { response_type: 'code id_token' }, 'invalid_request', 'must be code.')
    expect((await signIn.open({ response_type: 'code id_token' })).status).toBe(200)
  })

  it('returns an id_token by fragment or form_post only, by default in the fragment', async () => {
    const fields = { response_type: 'code id_token', scope: undefined }
    const text = 'An id_token is returned by fragment or form_post only.'
    await refused('sign-in', { ...fields, response_mode: 'query' }, 'invalid_request', text)
    const home = personId(simulator, 'Home User')
    expect((await signIn.approve(home, { ...fields, response_mode: undefined })).mode).toBe('fragment')
  })

  it.each(['query', 'fragment', undefined])(
    'refuses a Sign in with Apple scope with response_mode %s',
    async (mode) => {
      const text = 'response_mode must be form_post when name or email scope is requested.'
      await refused('sign-in', { response_mode: mode, scope: 'email' }, 'invalid_request', text)
      expect((await signIn.open({ response_mode: mode, scope: undefined })).status).toBe(200)
    },
  )

  it('wants the scope parameter for Data Sharing, but takes an empty one', async () => {
    await refused('sharing', { scope: undefined }, 'invalid_request', 'The parameter scope is missing')
    expect((await sharing.open({ scope: '' })).status).toBe(200)
  })

  it('refuses scopes that the client may not ask for, and scopes that are not separated by one space', async () => {
    await refused('sharing', { scope: 'edu.rosterapi.test.read' }, 'invalid_scope', 'may ask for')
    await refused('sharing', { scope: 'edu.users.read  edu.classes.read' }, 'invalid_scope', 'may ask for')
    await refused('sign-in', { scope: 'name,email' }, 'invalid_scope', 'may ask for: name email openid')
  })

  it('refuses the test scope together with others', async () => {
    const all = new App(simulator, 'account-data-sharing')
    expect((await all.open({ scope: 'edu.rosterapi.test.read' })).status).toBe(200)
    const { html } = await all.open({ scope: 'edu.users.read edu.rosterapi.test.read' })
    expect(html).toContain('invalid_scope')
    expect(html).toContain('cannot be mixed')
  })

  it('reads a space in scope as %20 or +', async () => {
    const url = sharing.authorizeUrl().replace('edu.users.read%20', 'edu.users.read+')
    expect(url).toContain('+')
    expect((await fetch(url)).status).toBe(200)
  })

  it('answers with pages that load nothing, cannot be framed and are not stored', async () => {
    for (const fields of [{}, { client_id: 'none' }]) {
      const { html, headers } = await signIn.open(fields)
      const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? ''
      const hash = createHash('sha256').update(style).digest('base64')
      expect(headers.get('content-security-policy')).toBe(
        `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`,
      )
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  it('checks the first person who may approve and disables who may not, with the reason', async () => {
    const { html } = await sharing.open()
    const administrator = personId(simulator, 'School Administrator')
    const teacher = personId(simulator, 'Class Teacher')
    const home = personId(simulator, 'Home User')
    expect(html).toContain(`name="person" value="${administrator}" checked>`)
    expect(html).toContain(`name="person" value="${teacher}" disabled>`)
    expect(html).toContain(`name="person" value="${home}" disabled>`)
    expect(html).toContain('Only an administrator or a site manager approves for a school.')
    expect(html.match(/ checked>/g)).toHaveLength(1)
    expect(html.indexOf('First School')).toBeLessThan(html.indexOf('Private accounts'))
    expect(html).not.toContain('given100')
  })

  it('offers Hide My Email where an e-mail address is asked for', async () => {
    expect((await signIn.open()).html).toContain('name="hide_email"')
    expect((await signIn.open({ scope: 'name' })).html).not.toContain('name="hide_email"')
    expect((await sharing.open()).html).not.toContain('name="hide_email"')
  })

  it('is not there for POST', async () => {
    const response = await fetch(signIn.authorizeUrl(), { method: 'POST' })
    expect(response.status).toBe(404)
  })
})
