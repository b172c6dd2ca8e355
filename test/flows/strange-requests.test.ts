import { connect } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import express from 'express'
import { appleAuth, requireAppleAuth } from '../../src/index.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { goodOptions } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

/** Sends bytes as they are and gives the answer's first line. */
function sendRaw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), 'localhost', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.on('close', () => {
      resolve(answer.split('\r\n')[0] ?? '')
    })
    socket.on('error', reject)
  })
}

describe('requests that no browser makes', () => {
  it.each([
    ['/login without a Host', 'GET /auth/apple/login HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 302/],
    [
      '/login with an empty Host',
      'GET /auth/apple/login HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 302/,
    ],
    ['a guarded page without a Host', 'GET /private HTTP/1.0\r\nAccept: text/html\r\n\r\n', /^HTTP\/1\.1 302/],
    [
      '/callback with a whole URL that is none',
      'GET http://x:99999/auth/apple/callback?state=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 4/,
    ],
  ])('%s ends in no 500', async (_name, text, first) => {
    expect(await sendRaw((await startApp()).url, text)).toMatch(first)
  })

  it('a prefetch of a guarded page, and an image of /login, push no login out', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    for (let count = 0; count < 8; count += 1) {
      const prefetch = await visitor.get('/private').set({ 'Sec-Purpose': 'prefetch', 'Sec-Fetch-Mode': 'navigate' })
      expect(prefetch.status).toBe(401)
      const image = await visitor
        .get('/auth/apple/login')
        .set({ 'Sec-Fetch-Dest': 'image', 'Sec-Fetch-Mode': 'no-cors' })
      expect(image.status).toBe(403)
    }
    expect(
      (await visitor.get('/auth/apple/login').set({ Accept: 'application/json', 'Sec-Fetch-Site': 'cross-site' }))
        .status,
    ).toBe(403)
    const answer = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect(answer.status).toBe(303)
  })

  it.each(['/AUTH/apple/Logout', '/auth/apple/logout//', '/Auth/Apple/LOGIN'])(
    'a login returns to none of the router’s own routes: %s',
    async (returnTo) => {
      expect((await signIn(apple, (await startApp()).visitor(), { returnTo })).headers.location).toBe('/')
    },
  )
})

describe('a proxy that shortens paths', () => {
  it('gets pages whose forms post to the path that the browser knows', async () => {
    const app = await startApp({ options: { redirectUri: 'https://school.example/app/auth/apple/callback' } })
    const relay = await app
      .visitor()
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'cross-site')
      .type('form')
      .send({ code: 'x', state: 'x' })
    expect(relay.text).toContain('action="/app/auth/apple/callback"')
    expect((await app.visitor().get('/auth/apple/logout')).text).toContain('action="/app/auth/apple/logout"')
  })
})

describe('slips in the app’s code', () => {
  it('are named: brackets that are missing', () => {
    const auth = appleAuth(goodOptions('http://127.0.0.1:1', 'http://localhost:1'))
    for (const name of ['attach', 'router']) {
      const method = Reflect.get(auth, name) as (...values: unknown[]) => unknown
      expect(() => method({}, {}, () => undefined)).toThrow(/is to be called/)
    }
    expect(() =>
      requireAppleAuth(Object.create(express.request, { headers: { value: {} }, method: { value: 'GET' } }) as object),
    ).toThrow(/write requireAppleAuth\(\)/)
  })

  it('are named: a scope that the instance’s service does not have', () => {
    const auth = appleAuth(goodOptions('http://127.0.0.1:1', 'http://localhost:1'))
    expect(() => auth.requireAuth({ scope: 'edu.users.read' })).toThrow(/no such scope: it knows name, email, openid/)
  })

  it('are named: a nonce that was not found', async () => {
    const auth = appleAuth(goodOptions(apple.url, 'http://localhost:1'))
    const jwt = apple.idToken('com.example.web')
    await expect(auth.verifyIdToken(jwt, { nonce: undefined as never })).rejects.toThrow(/nonce must be a text/)
  })
})

describe('signing out and in again in one request', () => {
  it('works, and the token is gone in between', async () => {
    const app = await startApp({
      routes: (routes) =>
        routes.get('/switch', (req, res, next) => {
          const switchAccount = async (): Promise<void> => {
            await req.apple.logout()
            await expect(req.apple.getAccessToken()).rejects.toMatchObject({ code: 'ERR_APPLE_LOGIN_REQUIRED' })
            await req.apple.login(res, { returnTo: '/private' })
          }
          switchAccount().catch(next)
        }),
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const authorizeUrl = new URL((await visitor.get('/switch')).headers.location ?? '')
    const done = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect(done.headers.location).toBe('/private')
  })
})

describe('session ids that need encoding', () => {
  it('are known by their cookie all the same', async () => {
    let count = 0
    const app = await startApp({ session: { genid: () => `node/1:${String((count += 1))}=`, unset: 'destroy' } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await visitor
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'cross-site')
      .type('form')
      .send({ code: 'x', state: 'x' })
    expect((await visitor.get('/')).body.signedIn).toBe(true)
    expect(String((await visitor.post('/auth/apple/logout')).headers['set-cookie'])).toMatch(/^connect\.sid=;/)
  })
})

describe('what Apple says of an error', () => {
  it('is kept short and without what it repeats', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const code = apple.issueCode(authorizeUrl)
    apple.misbehave = ({ form }, res) => {
      const body = {
        error: 'invalid_grant',
        error_description: `${code} ${form.get('client_secret') ?? ''} ${'x'.repeat(1000)}`,
      }
      res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      return true
    }
    await postCallback(visitor, { code, state: stateOf(authorizeUrl) })
    const { details } = app.errors[0] as { details: { appleDescription: string } }
    expect(details.appleDescription).toMatch(/^\[redacted\] \[redacted\] x+$/)
    expect(details.appleDescription.length).toBeLessThanOrEqual(200)
  })
})
