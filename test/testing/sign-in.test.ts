import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import session from 'express-session'
import request from 'supertest'
import { startTestApple, type TestApple, type TestAppleOptions } from 'express-apple-auth/testing'
import { createApp, type Setup } from './app.js'

const services = ['sign-in-with-apple', 'account-data-sharing'] as const
const local = 'http://localhost:3000/auth/apple/callback'
const remote = 'https://school.example/auth/apple/callback'

let apple: TestApple
let server: Server | undefined

afterEach(async () => {
  await apple.close()
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

async function start(options: Partial<TestAppleOptions> = {}): Promise<void> {
  apple = await startTestApple({ service: 'sign-in-with-apple', redirectUri: local, ...options })
}

describe('signIn', () => {
  const setups: [string, string, Setup][] = [
    ['a cookie without attributes', local, {}],
    ['a Lax cookie', local, { cookie: { sameSite: 'lax', secure: 'auto' } }],
    ['a Strict cookie', local, { cookie: { sameSite: 'strict' } }],
    ['an https redirect URI and no proxy', remote, { cookie: { sameSite: 'lax', secure: 'auto' } }],
    ['a proxy that speaks https', remote, { trustProxy: true, cookie: { sameSite: 'lax', secure: 'auto' } }],
    ['a Secure cookie behind a proxy', remote, { trustProxy: true, cookie: { sameSite: 'lax', secure: true } }],
    ['a cookie for every site', remote, { trustProxy: true, cookie: { sameSite: 'none', secure: true } }],
    ['a cookie for the whole domain', remote, { trustProxy: true, cookie: { secure: true, domain: 'school.example' } }],
  ]
  for (const service of services) {
    it.each(setups)(`signs in with %s, by request.agent(app): ${service}`, async (_case, redirectUri, setup) => {
      await start({ service, redirectUri })
      const agent = request.agent(createApp(apple, setup))
      expect(await apple.signIn(agent, 'school-administrator', { returnTo: '/account' })).toBe('/account')
      const { body } = await agent.get('/account').expect(200)
      expect(body.user.sub).toBe(apple.simulator.people.find(({ role }) => role === 'administrator')?.id)
    })
  }

  it('posts through the page that brings the cookies along, as a browser does', async () => {
    await start()
    const sites: unknown[] = []
    const app = createApp(apple, {
      cookie: { sameSite: 'lax' },
      before: (before) => {
        before.post('/auth/apple/callback', (req, _res, next) => {
          sites.push([req.get('sec-fetch-site'), req.get('origin'), req.headers.cookie !== undefined, req.get('host')])
          next()
        })
      },
    })
    await apple.signIn(request.agent(app), 'home-user')
    expect(sites).toEqual([
      ['cross-site', apple.simulator.url, false, 'localhost:3000'],
      ['same-origin', 'http://localhost:3000', true, 'localhost:3000'],
    ])
  })

  it('signs in an agent of a server that listens by itself', async () => {
    server = createServer()
    await new Promise<void>((resolve) => server?.listen(0, 'localhost', resolve))
    const url = `http://localhost:${String((server.address() as AddressInfo).port)}`
    await start({ redirectUri: `${url}/auth/apple/callback` })
    server.on('request', createApp(apple, { cookie: { sameSite: 'lax' } }))
    const agent = request.agent(url)
    await apple.signIn(agent, 'second-user')
    expect((await agent.get('/account')).body.user.email).toBe('second.user@home.example')
  })

  it('begins at a page that asks for a login, and comes back to it', async () => {
    await start()
    const agent = request.agent(createApp(apple))
    expect(await apple.signIn(agent, 'home-user', { loginPath: '/account?tab=2' })).toBe('/account?tab=2')
  })

  it('signs in somebody else in the same agent', async () => {
    await start()
    const agent = request.agent(createApp(apple, { cookie: { sameSite: 'lax' } }))
    await apple.signIn(agent, 'home-user')
    await apple.signIn(agent, 'second-user')
    expect((await agent.get('/account')).body.user.email).toBe('second.user@home.example')
  })

  it('signs two people in, each in an agent of their own', async () => {
    await start()
    const app = createApp(apple)
    const [teacher, student] = [request.agent(app), request.agent(app)]
    await Promise.all([apple.signIn(teacher, 'class-teacher'), apple.signIn(student, 'first-student')])
    expect((await teacher.get('/account')).body.user.email).toBe('class.teacher@first-school.example')
    expect((await student.get('/account')).body.user).not.toHaveProperty('email')
  })

  it('hides the address of somebody who wants that', async () => {
    await start()
    const agent = request.agent(createApp(apple))
    await apple.signIn(agent, 'home-user', { hideEmail: true })
    expect((await agent.get('/account')).body.user).toMatchObject({ isPrivateEmail: true })
  })

  it('lets somebody press Cancel', async () => {
    await start()
    const agent = request.agent(createApp(apple, { options: { cancelRedirect: '/?cancelled' } }))
    expect(await apple.signIn(agent, 'home-user', { cancel: true })).toBe('/?cancelled')
    await agent.get('/account').expect(401)
  })

  it('signs in to an app of another make, whose callback answers a page', async () => {
    await start({ redirectUri: 'http://localhost:3000/callback', loginPath: '/sign-in' })
    const app = express()
    app.use(session({ secret: 'test', resave: false, saveUninitialized: true, cookie: { sameSite: 'lax' } }))
    app.get('/sign-in', (_req, res) => {
      const query = new URLSearchParams({
        client_id: apple.credentials.clientId,
        redirect_uri: 'http://localhost:3000/callback',
        response_type: 'code',
      })
      res.redirect(`${apple.simulator.url}/auth/authorize?${query.toString()}`)
    })
    app.get('/callback', (req, res) => {
      res.send(`Welcome: ${typeof req.query.code}`)
    })
    expect(await apple.signIn(request.agent(app), 'home-user')).toBe('/callback')
  })

  describe('says what is wrong', () => {
    const signIn = (app: Parameters<typeof request.agent>[0], person = 'home-user') =>
      apple.signIn(request.agent(app), person)

    it('when it is given no agent', async () => {
      await start()
      await expect(apple.signIn(request(createApp(apple)), 'home-user')).rejects.toThrow(
        'signIn needs an agent, which keeps cookies: request.agent(app), not request(app).',
      )
    })

    it('when there is no login route', async () => {
      await start()
      await expect(signIn(express())).rejects.toThrow(
        'GET /auth/apple/login did not lead to Apple, but answered 404: Cannot GET /auth/apple/login Mount the router',
      )
    })

    it('when the app answers with an error, without its stack and its secrets', async () => {
      await start()
      const app = express()
      const secrets = `eyJhbGciOi.eyJzdWIi.sig a${'0'.repeat(32)}.0.abcd.x ${apple.credentials.privateKey}`
      app.use(() => {
        throw new Error(`no database <${secrets}>`)
      })
      const failing = signIn(app)
      await expect(failing).rejects.toThrow(/answered 500: Error: no database <\[redacted] \[redacted] \[redacted] ?>$/)
    })

    it('when the session cookie cannot be set', async () => {
      await start()
      await expect(signIn(createApp(apple, { cookie: { secure: true } }))).rejects.toThrow(
        /GET \/auth\/apple\/login did not lead to Apple, but answered 500: /,
      )
    })

    it('when the app talks to another Apple', async () => {
      await start()
      const app = express()
      app.use((_req, res) => {
        res.redirect('https://appleid.apple.com/auth/authorize?client_id=com.example.web')
      })
      await expect(signIn(app)).rejects.toThrow(
        `The app sends people to https://appleid.apple.com, not to this simulator (${apple.simulator.url}). Set`,
      )
    })

    it('when the app talks to the simulator of an earlier test', async () => {
      await start()
      const app = createApp(apple)
      await apple.close()
      await start()
      await expect(signIn(app)).rejects.toThrow('not to this simulator')
    })

    it('when the app goes elsewhere, or nowhere', async () => {
      await start()
      const [elsewhere, nowhere] = [express(), express()]
      elsewhere.use((_req, res) => {
        res.redirect('https://login.example/')
      })
      nowhere.use((_req, res) => {
        res.redirect('/again')
      })
      await expect(signIn(elsewhere)).rejects.toThrow('to https://login.example, which is neither the app nor Apple.')
      await expect(signIn(nowhere)).rejects.toThrow('GET /auth/apple/login leads from page to page, and not to Apple.')
    })

    it('when the redirect URI is not registered', async () => {
      await start()
      const app = createApp(apple, { options: { redirectUri: 'http://localhost:3000/auth/apple/callback?x' } })
      await expect(signIn(app)).rejects.toThrow(
        `Apple refused the authorization request: invalid_request. The redirect_uri is not registered. Registered for`,
      )
    })

    it('when the app has another client id', async () => {
      await start()
      const app = createApp(apple, { options: { clientId: 'com.example.other' } })
      await expect(signIn(app)).rejects.toThrow(
        /invalid_client\. The client_id is not registered .* another client id\?/,
      )
    })

    it('when the person may not approve', async () => {
      await start({ service: 'account-data-sharing' })
      const app = createApp(apple)
      await expect(signIn(app, 'first-student')).rejects.toThrow(
        'First Student may not approve: Only an administrator or a site manager approves for a school.',
      )
    })

    it('when there is no such person', async () => {
      await start()
      await expect(signIn(createApp(apple), 'head-user')).rejects.toThrow(
        'There is nobody called head-user. There are: home-user, second-user, school-administrator,',
      )
    })

    it('when the callback fails, and why Apple’s token endpoint refused', async () => {
      await start()
      const app = createApp(apple, { options: { keyId: 'OTHERKEY01' } })
      await expect(signIn(app)).rejects.toThrow(
        /^POST \/auth\/apple\/callback answered 424: .* answered invalid_client, because client secret: kid is not a key/,
      )
    })

    it('when the app answers at length, in one line and shortened', async () => {
      await start()
      const app = express()
      app.use((_req, res) => {
        res.status(503).json({ sorry: 'x'.repeat(1000) })
      })
      await expect(signIn(app)).rejects.toThrow(/answered 503: \{"sorry":"x{290} …$/)
    })

    it('when the app says nothing', async () => {
      await start()
      const app = express()
      app.use((_req, res) => {
        res.status(503).end()
      })
      await expect(signIn(app)).rejects.toThrow(/answered 503$/)
    })

    it('when a page of the callback posts itself without end', async () => {
      await start()
      const endless = createApp(apple, {
        before: (before) => {
          before.post('/auth/apple/callback', (_req, res) => {
            res.send('<form method="post"><script>document.forms[0].submit()</script>')
          })
        },
      })
      await expect(signIn(endless)).rejects.toThrow('POST /auth/apple/callback answers a page that posts itself, again')
    })

    it('when the app refuses the login itself', async () => {
      await start()
      const onLogin = () => {
        throw new Error('not today')
      }
      await expect(signIn(createApp(apple, { options: { onLogin } }))).rejects.toThrow(
        /^POST \/auth\/apple\/callback answered 403: [^.]*\.$/,
      )
    })
  })
})
