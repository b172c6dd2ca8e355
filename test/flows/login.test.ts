import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url)
})
afterEach(() => {
  apple.reset()
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

describe('a login with Sign in with Apple', () => {
  it('sends the browser to Apple, signs it in and brings it back to the page it wanted', async () => {
    const visitor = app.visitor()
    const answer = await signIn(apple, visitor, { returnTo: '/private?week=3' })
    expect(app.errors).toEqual([])
    expect(answer.status).toBe(303)
    expect(answer.headers.location).toBe('/private?week=3')
    const page = await visitor.get('/private')
    expect(page.status).toBe(200)
    expect(page.body.user).toMatchObject({ sub: '001883.fcc77ba97500402389df96821ad9c790.1517', emailVerified: true })
  })

  it('asks Apple once for tokens, with the redirect URI byte for byte', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const code = apple.issueCode(authorizeUrl)
    await postCallback(visitor, { code, state: stateOf(authorizeUrl) })
    const [token, ...more] = apple.requestsTo('/auth/token')
    expect(more).toEqual([])
    expect(Object.fromEntries(token?.form ?? [])).toMatchObject({
      client_id: 'com.example.web',
      grant_type: 'authorization_code',
      code,
      redirect_uri: authorizeUrl.searchParams.get('redirect_uri'),
    })
  })
})
