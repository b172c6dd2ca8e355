import { describe, expect, it } from '@jest/globals'
import express, { type Express } from 'express'
import { beginLogin, postCallback, stateOf, type Visitor } from '../support/login-steps.js'
import { beginPopup, ownPage, type PopupLogin, popupRequest, postResult } from '../support/popup-steps.js'
import type { AppleLoginContext } from '../../src/index.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()
const name = { firstName: 'First', lastName: 'Last' }

function codeFor(login: PopupLogin): string {
  return apple.issueCode(popupRequest(login))
}

/** What Apple JS hands to the page. */
function resultOf(login: PopupLogin): { code: string; id_token: string; state: string } {
  return { code: codeFor(login), id_token: apple.idToken(login.clientId, {}, login.nonce), state: login.state }
}

async function isSignedIn(visitor: Visitor): Promise<boolean> {
  return (await visitor.get('/')).body.signedIn as boolean
}

describe('a login by popup', () => {
  it('gets from /login what Apple JS needs, and no code challenge, which Apple JS could not send', async () => {
    const app = await startApp()
    const login = await beginPopup(app.visitor(), '/private')
    expect(login).toEqual({
      clientId: 'com.example.web',
      scope: 'name email',
      redirectURI: `${app.url}/auth/apple/callback`,
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    })
  })

  it.each<[string, (login: PopupLogin) => unknown]>([
    [
      'as Apple JS hands it over',
      (login) => ({ authorization: resultOf(login), user: { name, email: 'x@y.example' } }),
    ],
    ['flat', (login) => ({ ...resultOf(login), user: { name } })],
    ['with the user as JSON', (login) => ({ ...resultOf(login), user: JSON.stringify({ name }) })],
    [
      'without the id_token',
      (login) => ({ authorization: { code: codeFor(login), state: login.state }, user: { name } }),
    ],
    ['with texts that nobody asked for', (login) => ({ ...resultOf(login), user: { name }, locale: 'en_US' })],
  ])('signs in by JSON %s, and says where to go', async (_what, build) => {
    const visitor = (await startApp()).visitor()
    const answer = await postResult(visitor, build(await beginPopup(visitor, '/private?week=3')))
    expect([answer.status, answer.body]).toEqual([200, { returnTo: '/private?week=3' }])
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['set-cookie']).toHaveLength(1)
    expect((await visitor.get('/private')).body.user).toMatchObject({ unverifiedName: name })
  })

  it.each([null, undefined])('signs in without a name where the user is %s', async (user) => {
    const visitor = (await startApp()).visitor()
    const answer = await postResult(visitor, { ...resultOf(await beginPopup(visitor)), user })
    expect([answer.status, answer.body]).toEqual([200, { returnTo: '/' }])
    expect((await visitor.get('/private')).body.user).not.toHaveProperty('unverifiedName')
  })

  it('signs in by a form of the same fields', async () => {
    const visitor = (await startApp()).visitor()
    const fields = { ...resultOf(await beginPopup(visitor, '/private')), user: JSON.stringify({ name }) }
    const post = visitor.post('/auth/apple/callback').set({ ...ownPage, Accept: 'application/json' })
    const answer = await post.type('form').send(fields)
    expect([answer.status, answer.body]).toEqual([200, { returnTo: '/private' }])
    expect((await visitor.get('/private')).body.user).toMatchObject({ unverifiedName: name })
  })

  it.each(['text/html', '*/*', 'text/html, application/json;q=0.5'])(
    'is answered by the redirect where the client wants %s',
    async (accept) => {
      const visitor = (await startApp()).visitor()
      const result = resultOf(await beginPopup(visitor, '/private'))
      const answer = await postResult(visitor, result, { ...ownPage, Accept: accept })
      expect([answer.status, answer.headers.location]).toEqual([303, '/private'])
    },
  )

  it('asks Apple once, by the code, the redirect URI byte for byte and no code verifier', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    const login = await beginPopup(visitor)
    const result = resultOf(login)
    await postResult(visitor, { authorization: result })
    const [token, ...more] = apple.requestsTo('/auth/token')
    expect(more).toEqual([])
    expect(Object.fromEntries(token?.form ?? [])).toMatchObject({
      grant_type: 'authorization_code',
      code: result.code,
      redirect_uri: login.redirectURI,
    })
    expect(token?.form.has('code_verifier')).toBe(false)
  })

  it('goes to the same place when it is posted again, before or after the first answer', async () => {
    const visitor = (await startApp()).visitor()
    const result = resultOf(await beginPopup(visitor, '/private'))
    const first = await Promise.all([postResult(visitor, result), postResult(visitor, result)])
    for (const answer of [...first, await postResult(visitor, { authorization: result })]) {
      expect([answer.status, answer.body]).toEqual([200, { returnTo: '/private' }])
    }
    expect(apple.requestsTo('/auth/token')).toHaveLength(1)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it.each(['user_cancelled_authorize', 'popup_closed_by_user'])('leads to cancelRedirect after %s', async (error) => {
    const app = await startApp({ options: { cancelRedirect: '/?cancelled' } })
    const cancelled: unknown[] = []
    app.apple.on('login_cancelled', (event) => cancelled.push(event))
    const visitor = app.visitor()
    const login = await beginPopup(visitor, '/private')
    const answer = await postResult(visitor, { error, state: login.state })
    expect([answer.status, answer.body]).toEqual([200, { returnTo: '/?cancelled' }])
    expect(cancelled).toEqual([{ returnTo: '/private' }])
    const late = await postResult(visitor, resultOf(login))
    expect([late.status, late.body.code]).toEqual([400, 'ERR_APPLE_STATE'])
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('hands any other error to next, and is used up by it', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    const login = await beginPopup(visitor)
    const answer = await postResult(visitor, { error: 'popup_blocked_by_browser', state: login.state })
    expect([answer.status, answer.body.code]).toEqual([400, 'ERR_APPLE_AUTHORIZATION'])
    expect((await postResult(visitor, resultOf(login))).body.code).toBe('ERR_APPLE_STATE')
  })

  it('takes the result by redirect too, as Apple JS sends it without usePopup, through the relay page', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    const result = resultOf(await beginPopup(visitor, '/private'))
    const fromApple = app.visitor().post('/auth/apple/callback').set({ 'Sec-Fetch-Site': 'cross-site' })
    const relay = await fromApple.type('form').send(result)
    expect(relay.text).toContain('name="relayed" value="POST"')
    const answer = await postCallback(visitor, { code: result.code, state: result.state, relayed: 'POST' })
    expect([answer.status, answer.headers.location]).toEqual([303, '/private'])
  })

  it('stands beside a login by redirect in another tab', async () => {
    const visitor = (await startApp()).visitor()
    const authorizeUrl = await beginLogin(visitor, '/private?redirect')
    const popup = await beginPopup(visitor, '/private?popup')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    expect((await postResult(visitor, resultOf(popup))).body).toEqual({ returnTo: '/private?popup' })
    expect((await postCallback(visitor, fields)).headers.location).toBe('/private?redirect')
  })

  it('calls onLogin as any other login does', async () => {
    const seen: AppleLoginContext[] = []
    const app = await startApp({ options: { onLogin: (context) => void seen.push(context) } })
    const visitor = app.visitor()
    await postResult(visitor, { authorization: resultOf(await beginPopup(visitor, '/private')), user: { name } })
    expect(seen).toMatchObject([{ unverifiedName: name, returnTo: '/private', user: { emailVerified: true } }])
  })
})

describe.each<[string, ((app: Express) => unknown) | undefined]>([
  ['unparsed', undefined],
  ['by express.json', (app) => app.use(express.json(), express.urlencoded({ extended: false }))],
  ['by express.json that takes anything', (app) => app.use(express.json({ strict: false, limit: '9mb' }))],
  ['as bytes', (app) => app.use(express.raw({ type: () => true }))],
  ['as text', (app) => app.use(express.text({ type: () => true }))],
])('a popup’s JSON, its body %s by the app', (_how, before) => {
  it('signs in', async () => {
    const visitor = (await startApp(before === undefined ? {} : { before })).visitor()
    const login = await beginPopup(visitor, '/private')
    const answer = await postResult(visitor, { authorization: resultOf(login), user: { name } })
    expect([answer.status, answer.body]).toEqual([200, { returnTo: '/private' }])
    expect((await visitor.get('/private')).body.user.unverifiedName).toEqual(name)
  })
})

describe('the response mode query', () => {
  const school = { service: 'account-data-sharing', responseMode: 'query' } as const
  const people = { scope: [], responseMode: 'query' } as const

  it.each<[string, (visitor: Visitor, result: Record<string, string>) => ReturnType<typeof postResult>]>([
    ['JSON', (visitor, result) => postResult(visitor, result)],
    [
      'a form',
      (visitor, result) =>
        visitor
          .post('/auth/apple/callback')
          .set({ ...ownPage, Accept: 'application/json' })
          .type('form')
          .send(result)
          .then(),
    ],
  ])('is about redirects alone: a popup’s result is taken as %s', async (_what, post) => {
    const visitor = (await startApp({ options: people })).visitor()
    const result = resultOf(await beginPopup(visitor, '/private'))
    for (let time = 0; time < 2; time += 1) {
      const answer = await post(visitor, result)
      expect([answer.status, answer.body]).toEqual([200, { returnTo: '/private' }])
    }
    expect(apple.requestsTo('/token')).toHaveLength(1)
  })

  it('takes no POST for a login by redirect, with a popup’s under way or not, and loses neither', async () => {
    const visitor = (await startApp({ options: people })).visitor()
    const authorizeUrl = await beginLogin(visitor, '/private')
    const popup = await beginPopup(visitor)
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const posted = await postCallback(visitor, fields)
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET'])
    const redirected = await visitor.get('/auth/apple/callback').query(fields)
    expect([redirected.status, redirected.headers.location]).toEqual([303, '/private'])
    expect((await postResult(visitor, resultOf(popup))).status).toBe(200)
  })

  it('relays no POST of another site’s, and still relays a GET', async () => {
    const app = await startApp({ options: school })
    const fields = { code: 'x', state: 'x' }
    const stranger = app.visitor()
    const post = await stranger
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'cross-site')
      .type('form')
      .send(fields)
    expect([post.status, post.headers.allow]).toEqual([405, 'GET'])
    const get = await stranger.get('/auth/apple/callback').query(fields).set('Sec-Fetch-Site', 'cross-site')
    expect([get.status, get.text]).toEqual([200, expect.stringContaining('name="relayed" value="GET"')])
  })

  it('says that a popup’s login is no longer valid rather than that the method is wrong', async () => {
    const visitor = (await startApp({ options: people })).visitor()
    await beginPopup(visitor)
    const answer = await postResult(visitor, { code: 'x', state: 'x' })
    expect([answer.status, answer.body.code]).toEqual([400, 'ERR_APPLE_STATE'])
  })
})
