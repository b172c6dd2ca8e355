import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { configure, good, type Loose } from '../config/environment.js'
import { authorizeHref, authorizeUrl } from '../config/login-page.js'
import { beginLogin, signIn } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'

const people = { service: 'sign-in-with-apple' }
const random = expect.stringMatching(/^[\w-]{43}$/)

async function parameters(changes: Loose = {}): Promise<Record<string, string>> {
  const url = await authorizeUrl(configure({ ...good, ...changes }))
  const entries = [...url.searchParams]
  // None twice.
  expect(new Set(entries.map(([name]) => name)).size).toBe(entries.length)
  return Object.fromEntries(entries)
}

describe('the authorization request of Data Sharing', () => {
  it('has these parameters and no other', async () => {
    expect(await parameters()).toEqual({
      client_id: 'com.example.web',
      redirect_uri: 'https://school.example/auth/apple/callback',
      response_type: 'code',
      scope: 'edu.users.read edu.classes.read',
      state: random,
      nonce: random,
    })
  })

  it("goes to Apple's Data Sharing endpoint", async () => {
    const { origin, pathname, hash } = await authorizeUrl(configure(good))
    expect(`${origin}${pathname}${hash}`).toBe('https://appleid.apple.com/auth/oauth2/v2/authorize')
  })

  it('writes spaces as %20, as Apple documents, and never as +', async () => {
    const href = await authorizeHref(configure(good))
    expect(href).toContain('scope=edu.users.read%20edu.classes.read')
    expect(href).not.toContain('+')
  })

  it('keeps a plus sign of the redirect URI', async () => {
    const redirectUri = 'https://school.example/auth/apple/callback?x=a+b%20c'
    const href = await authorizeHref(configure({ ...good, redirectUri }))
    expect(new URL(href).searchParams.get('redirect_uri')).toBe(redirectUri)
    expect(href).not.toContain('+')
  })

  it('always sends the scope, even an empty one', async () => {
    expect(await parameters({ scope: [] })).toHaveProperty('scope', '')
  })

  it.each(['query', 'form_post'])('sends response_mode=%s where the app says so', async (responseMode) => {
    expect(await parameters({ responseMode })).toHaveProperty('response_mode', responseMode)
  })

  it('sends a challenge where the app says so', async () => {
    expect(await parameters({ pkce: true })).toMatchObject({ code_challenge: random, code_challenge_method: 'S256' })
  })
})

describe('the authorization request of Sign in with Apple', () => {
  it('has these parameters and no other', async () => {
    expect(await parameters(people)).toEqual({
      client_id: 'com.example.web',
      redirect_uri: 'https://school.example/auth/apple/callback',
      response_type: 'code',
      response_mode: 'form_post',
      scope: 'name email',
      state: random,
      nonce: random,
      code_challenge: random,
      code_challenge_method: 'S256',
    })
  })

  it("goes to Apple's endpoint for people", async () => {
    const { origin, pathname } = await authorizeUrl(configure({ ...good, ...people }))
    expect(`${origin}${pathname}`).toBe('https://appleid.apple.com/auth/authorize')
  })

  it('writes spaces as %20, and never as +', async () => {
    const href = await authorizeHref(configure({ ...good, ...people }))
    expect(href).toContain('scope=name%20email')
    expect(href).not.toContain('+')
  })

  it('sends no challenge where the app says so', async () => {
    const sent = await parameters({ ...people, pkce: false })
    expect(sent).not.toHaveProperty('code_challenge')
    expect(sent).not.toHaveProperty('code_challenge_method')
  })

  it('leaves an empty scope out, and may then use response_mode=query', async () => {
    const sent = await parameters({ ...people, scope: [], responseMode: 'query' })
    expect(sent).not.toHaveProperty('scope')
    expect(sent).toHaveProperty('response_mode', 'query')
  })

  it('is new each time: state, nonce and challenge', async () => {
    const auth = configure({ ...good, ...people })
    const seen = new Set<string | null>()
    for (let login = 0; login < 20; login++) {
      const { searchParams } = await authorizeUrl(auth)
      for (const name of ['state', 'nonce', 'code_challenge']) seen.add(searchParams.get(name))
    }
    expect(seen.size).toBe(60)
  })
})

describe('PKCE', () => {
  let apple: LoopbackApple
  let app: TestApp | undefined
  beforeAll(async () => {
    apple = await LoopbackApple.start()
  })
  afterEach(async () => {
    await app?.stop()
    apple.reset()
  })
  afterAll(() => apple.stop())

  it('shows Apple at the exchange what the challenge was made of, by S256', async () => {
    app = await TestApp.start(apple.url)
    const visitor = app.visitor()
    const url = await beginLogin(visitor)
    const code = apple.issueCode(url)
    const fields = { code, state: url.searchParams.get('state') ?? '' }
    await visitor.post('/auth/apple/callback').set('Sec-Fetch-Site', 'same-origin').type('form').send(fields)
    const verifier = apple.requestsTo('/token')[0]?.form.get('code_verifier') ?? ''
    expect(verifier).toMatch(/^[\w-]{43,128}$/)
    expect(url.searchParams.get('code_challenge')).toBe(createHash('sha256').update(verifier).digest('base64url'))
    expect(url.href).not.toContain(verifier)
  })

  it('is left out of the exchange too where it is off', async () => {
    app = await TestApp.start(apple.url, { options: { pkce: false } })
    expect((await signIn(apple, app.visitor())).status).toBe(303)
    expect([...(apple.requestsTo('/token')[0]?.form.keys() ?? [])].sort()).toEqual([
      'client_id',
      'client_secret',
      'code',
      'grant_type',
      'redirect_uri',
    ])
  })
})
