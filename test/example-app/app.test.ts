import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import helmet from 'helmet'
import { AppleConfigError } from '../../src/index.js'
import { SettingError } from '../../example-app/settings.js'
import { beginLogin, postCallback, signIn, stateOf, type Visitor } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { Example } from './example.js'

const sub = '001883.fcc77ba97500402389df96821ad9c790.1517'
/** What the loopback Apple's codes and tokens look like, and what a JWT does. */
const secrets = /[acr][0-9a-f]{32}\.0\.test\.|eyJ/

let apple: LoopbackApple
let example: Example
const log = jest.spyOn(console, 'error')

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(() => {
  log.mockReset()
})
afterEach(() => {
  apple.reset()
})
afterAll(async () => {
  log.mockRestore()
  await apple.stop()
})

async function pageOf(visitor: Visitor, path: string): Promise<string> {
  const { text } = await visitor.get(path)
  expect(text).not.toMatch(secrets)
  return text.replace(/\s+/g, ' ')
}

describe('the example app with Sign in with Apple', () => {
  beforeAll(async () => {
    example = await Example.start(apple.url)
  })
  afterAll(() => example.stop())

  it('offers the sign-in on the first page, as a link, and sets no cookie', async () => {
    const { status, text, headers } = await example.visitor().get('/')
    expect(status).toBe(200)
    expect(text).toMatch(
      /<a class="apple-button" href="\/auth\/apple\/login\?returnTo=%2Fclasses"><img alt="Sign in with Apple"/,
    )
    expect(headers['set-cookie']).toBeUndefined()
  })

  it('serves every stylesheet that its pages name', async () => {
    const visitor = example.visitor()
    const sheets = [...(await pageOf(visitor, '/')).matchAll(/rel="stylesheet" href="([^"]+)"/g)].map(
      ([, path]) => path,
    )
    expect(sheets).toHaveLength(2)
    for (const path of sheets) expect((await visitor.get(String(path))).type).toBe('text/css')
  })

  it("keeps helmet's defaults on its pages, its error page included", async () => {
    const directives = helmet.contentSecurityPolicy.getDefaultDirectives()
    for (const path of ['/', '/nothing-here', '/auth/apple/callback']) {
      const { headers } = await example.visitor().get(path)
      for (const name of Object.keys(directives)) expect(headers['content-security-policy']).toContain(name)
      expect(headers['x-powered-by']).toBeUndefined()
    }
  })

  it('sends a stranger who opens the account page to Apple, with a Lax cookie that scripts cannot read', async () => {
    const { status, headers } = await example.visitor().get('/account').set('Accept', 'text/html')
    expect(status).toBe(302)
    expect(headers.location).toMatch(`${apple.url}/auth/authorize?`)
    expect(String(headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Lax/)
  })

  it('shows who is signed in, and no token', async () => {
    const visitor = example.visitor()
    const user = JSON.stringify({ name: { firstName: 'First', lastName: 'Student' } })
    const answer = await signIn(apple, visitor, { returnTo: '/account', user })
    expect(answer.headers.location).toBe('/account')
    const page = await pageOf(visitor, '/account')
    for (const fact of ['First Student', 'person@example.com', 'Verified', sub, '<code>name</code>', 'UTC']) {
      expect(page).toContain(fact)
    }
    expect(await pageOf(visitor, '/')).toContain('You are <strong>First Student</strong>')
  })

  it('remembers the name that Apple hands over only once', async () => {
    const user = JSON.stringify({ name: { firstName: 'Second', lastName: 'Student' } })
    const idToken = { claims: { sub: '000001.second.0001' } }
    await signIn(apple, example.visitor(), { user, idToken })
    const later = example.visitor()
    await signIn(apple, later, { idToken })
    expect(await pageOf(later, '/account')).toContain('Second Student')
  })

  it('shows a name as text, whatever was posted', async () => {
    const visitor = example.visitor()
    const user = JSON.stringify({ name: { firstName: '<script>alert(1)</script>', lastName: '"&' } })
    await signIn(apple, visitor, { user })
    const pages = (await pageOf(visitor, '/account')) + (await pageOf(visitor, '/'))
    expect(pages).toContain('&lt;script&gt;')
    expect(pages).not.toContain('<script')
  })

  it('says so when there is no name and no e-mail address', async () => {
    const visitor = example.visitor()
    await signIn(apple, visitor, {
      idToken: { claims: { sub: '000002.nobody.0002' }, without: ['email', 'email_verified'] },
    })
    const page = await pageOf(visitor, '/account')
    expect(page).toContain('Not known')
    expect(page).toContain('Not shared')
    expect(await pageOf(visitor, '/')).toContain('You are signed in')
  })

  it('tells a relay address and an unverified one', async () => {
    const visitor = example.visitor()
    await signIn(apple, visitor, { idToken: { claims: { is_private_email: 'true' } } })
    expect(await pageOf(visitor, '/account')).toContain('Verified; a relay address')
    await signIn(apple, visitor, { idToken: { claims: { email_verified: 'false' } } })
    expect(await pageOf(visitor, '/account')).toContain('Not verified.')
  })

  it("shows a managed account's organization", async () => {
    const visitor = example.visitor()
    await signIn(apple, visitor, { idToken: { claims: { org_id: 'org-7' } } })
    expect(await pageOf(visitor, '/account')).toContain('<code>org-7</code>')
  })

  it("signs out by its form, as browsers post it under helmet's referrer policy", async () => {
    const visitor = example.visitor()
    await signIn(apple, visitor)
    expect(await pageOf(visitor, '/account')).toContain('<form method="post" action="/auth/apple/logout">')
    const answer = await visitor.post('/auth/apple/logout').set({ 'Sec-Fetch-Site': 'same-origin', Origin: 'null' })
    expect([answer.status, answer.headers.location]).toEqual([303, '/'])
    expect(apple.requestsTo('/auth/revoke')).toHaveLength(1)
    expect(await pageOf(visitor, '/')).toContain('Sign in with Apple')
  })

  it('comes back to the first page with a notice after Cancel', async () => {
    const visitor = example.visitor()
    const state = stateOf(await beginLogin(visitor, '/account'))
    const answer = await postCallback(visitor, { state, error: 'user_cancelled_authorize' })
    expect(answer.headers.location).toBe('/?cancelled')
    expect(await pageOf(visitor, '/?cancelled')).toContain('You cancelled at Apple.')
    expect(log).not.toHaveBeenCalled()
  })

  it('shows visitors a neutral sentence and the code, and tells the operator more, without secrets', async () => {
    const visitor = example.visitor()
    const authorizeUrl = await beginLogin(visitor)
    apple.tokenAnswer = { id_token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.' }
    const code = apple.issueCode(authorizeUrl)
    const answer = await postCallback(visitor, { code, state: stateOf(authorizeUrl) })
    expect(answer.status).toBe(401)
    expect(answer.text).toContain('Signing in with Apple did not work. Please try again.')
    expect(answer.text).toContain('<code>ERR_APPLE_ID_TOKEN</code>')
    expect(answer.text).toContain('href="/auth/apple/login?returnTo=/account"')
    expect(answer.text).not.toMatch(secrets)
    expect(log).toHaveBeenCalledTimes(1)
    expect(log.mock.calls[0]?.[0]).toMatch(/^ERR_APPLE_ID_TOKEN: /)
    expect(JSON.stringify(log.mock.calls)).not.toMatch(secrets)
  })

  it('has a page for addresses that are not there', async () => {
    const { status, text } = await example.visitor().get('/nothing-here')
    expect(status).toBe(404)
    expect(text).toContain('Page not found')
  })
})

describe('createApp', () => {
  it.each([
    ['SESSION_SECRET', ''],
    ['TRUST_PROXY', 'true'],
  ])('refuses a %s of "%s" by a sentence that names it', async (variable, value) => {
    const starting = Example.start(apple.url, { [variable]: value })
    await expect(starting).rejects.toBeInstanceOf(SettingError)
    await expect(starting).rejects.toThrow(variable)
  })

  it('passes on what the package says of its configuration', async () => {
    await expect(Example.start(apple.url, { APPLE_CLIENT_ID: '' })).rejects.toBeInstanceOf(AppleConfigError)
  })

  it('takes a Secure cookie behind the proxy that TRUST_PROXY tells of', async () => {
    example = await Example.start(apple.url, { TRUST_PROXY: '1' })
    const { headers } = await example.visitor().get('/auth/apple/login').set('X-Forwarded-Proto', 'https')
    expect(String(headers['set-cookie'])).toContain('Secure')
    await example.stop()
  })
})

describe('the views', () => {
  it.each(readdirSync('example-app/views'))('%s escapes all that it shows', (name) => {
    const view = readFileSync(`example-app/views/${name}`, 'utf8')
    // What appleButton() gives is escaped already.
    expect(view.match(/<%-(?! (include|signInButton)\()/g)).toBeNull()
  })
})
