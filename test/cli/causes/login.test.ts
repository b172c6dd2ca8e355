import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { diagnose, problemsOf } from '../run-command.js'
import { useSimulator } from '../use-simulator.js'

const { simulator, register, startApp } = useSimulator()
const publicUri = 'https://school.example/auth/apple/callback'
const servers: ReturnType<typeof createServer>[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** Something that listens where an app might; gives its address. */
async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

/** What the doctor says of something that answers /login so. */
async function toldOf(status: number, headers: Record<string, string | string[]> = {}, body = ''): Promise<string> {
  const url = await listen((_req, res) => {
    res.writeHead(status, headers).end(body)
  })
  const { env } = register()
  return (await diagnose(env, '--live', '--app-url', url)).said('app-login')
}

describe('doctor --live, about the app’s /login', () => {
  it('says that it leads to Apple with a session cookie', async () => {
    const { env } = await startApp()
    const diagnosis = await diagnose(env, '--live')

    expect(diagnosis.one('app-login')).toMatchObject({ status: 'ok' })
    expect(diagnosis.code).toBe(0)
  })

  it('asks an app behind a proxy as the proxy would', async () => {
    const setup = { first: trustProxy, session: { cookie: { secure: true } } }
    const { env, url } = await startApp(setup, publicUri)
    const diagnosis = await diagnose(env, '--live', '--app-url', url)

    expect(diagnosis.one('app-login')).toMatchObject({ status: 'ok' })
    expect(diagnosis.code).toBe(0)
  })

  it('explains a Secure cookie where the app does not know its proxy', async () => {
    const { env, url } = await startApp({ session: { cookie: { secure: true } } }, publicUri)
    const diagnosis = await diagnose(env, '--live', '--app-url', url)

    expect(diagnosis.said('app-login')).toMatch(
      /answers 500: the session cookie is Secure.*app\.set\('trust proxy', 1\)/,
    )
    expect(problemsOf(diagnosis)).toEqual(['app-login'])
    expect(diagnosis.code).toBe(1)
  })

  it('names both usual causes where an app in production does not say why', async () => {
    jest.spyOn(console, 'error').mockImplementationOnce(() => undefined)
    const production = {
      first: (app: { set: (name: string, value: string) => unknown }) => app.set('env', 'production'),
    }
    const { env, url } = await startApp({ ...production, session: { cookie: { secure: true } } }, publicUri)
    const diagnosis = await diagnose(env, '--live', '--app-url', url)

    expect(diagnosis.one('app-login').message).toMatch(/answers 500 and does not say why/)
    expect(diagnosis.said('app-login')).toMatch(/trust proxy.*There is no session/)
    expect(diagnosis.code).toBe(1)
  })

  it('warns of a cookie that is not Secure on an https site', async () => {
    const { env, url } = await startApp({}, publicUri)
    const diagnosis = await diagnose(env, '--live', '--app-url', url)

    expect(diagnosis.said('app-login')).toMatch(/^warning: .*not Secure although people come by https.*trust proxy/)
    expect(diagnosis.code).toBe(0)
  })

  it('reads the code that an error page of the app’s own shows', async () => {
    const { env, url } = await startApp({ errorPage: true, session: { cookie: { secure: true } } }, publicUri)

    expect((await diagnose(env, '--live', '--app-url', url)).said('app-login')).toMatch(/the session cookie is Secure/)
  })

  it('explains an app without sessions', async () => {
    const { env } = await startApp({ session: 'none' })
    const diagnosis = await diagnose(env, '--live')

    expect(diagnosis.said('app-login')).toMatch(/there is no session to remember the login in.*Mount express-session/)
    expect(diagnosis.code).toBe(1)
  })

  it('explains a router that is mounted elsewhere', async () => {
    const { env, url } = await startApp()
    const elsewhere = { ...env, APPLE_REDIRECT_URI: `${url}/login/apple/callback` }
    const diagnosis = await diagnose(elsewhere, '--live')

    expect(diagnosis.said('app-login')).toMatch(
      /\/login\/apple\/login answers 404.*app\.use\('\/login\/apple', apple\.router\(\)\)/,
    )
    expect(problemsOf(diagnosis)).toEqual(['apple-authorize', 'app-login'])
    expect(diagnosis.code).toBe(1)
  })

  it('explains a proxy that changes the Host header', async () => {
    const { env, url } = await startApp({ options: { redirectUri: publicUri } })
    const proxy = await listen((req, res) => {
      void fetch(`${url}${req.url ?? ''}`, { redirect: 'manual' }).then(({ status, headers }) => {
        res.writeHead(status, { location: headers.get('location') ?? '' }).end()
      })
    })
    const diagnosis = await diagnose({ ...env, APPLE_REDIRECT_URI: publicUri }, '--live', '--app-url', proxy)

    expect(diagnosis.said('app-login')).toMatch(/another host than school\.example.*X-Forwarded-Host/)
    expect(diagnosis.code).toBe(1)
  })

  it('explains an app that runs with another client id', async () => {
    const { env } = await startApp()
    const { credentials } = register({ redirectUris: [String(env.APPLE_REDIRECT_URI)] })
    const other = { ...credentials.environment, SESSION_SECRET: env.SESSION_SECRET }
    const diagnosis = await diagnose(other, '--live')

    expect(diagnosis.said('app-login')).toMatch(/sends another client_id to Apple than APPLE_CLIENT_ID says here/)
    expect(problemsOf(diagnosis)).toEqual(['app-login'])
  })

  it('explains an app that runs with another redirect URI', async () => {
    const { env } = await startApp({ options: { redirectUri: 'http://localhost:1/auth/apple/callback' } })

    expect((await diagnose(env, '--live')).said('app-login')).toMatch(/another redirect_uri .* APPLE_REDIRECT_URI/)
  })

  it.each([
    ['a path without the callback', { path: '/auth/apple/login' }, /is for \/auth\/apple\/login alone/],
    ['a domain of others', { domain: 'other.example' }, /is for other\.example, so browsers do not take it/],
    ['SameSite=None without Secure', { sameSite: 'none' as const }, /SameSite=None without Secure/],
  ])('explains a session cookie with %s', async (_what, cookie, sentence) => {
    const { env } = await startApp({ session: { cookie } })
    const diagnosis = await diagnose(env, '--live')

    expect(diagnosis.said('app-login')).toMatch(sentence)
    expect(diagnosis.code).toBe(1)
  })

  it('takes a session cookie of the whole domain beside others', async () => {
    const setup = {
      first: (app: Parameters<typeof trustProxy>[0]) => {
        trustProxy(app)
        app.use((_req, res, next) => {
          res.cookie('balancer', '1', { path: '/elsewhere' })
          next()
        })
      },
      session: { name: 'sid', cookie: { domain: '.school.example', secure: true } },
    }
    const uri = 'https://www.school.example/auth/apple/callback'
    const { env, url } = await startApp(setup, uri)

    expect((await diagnose(env, '--live', '--app-url', url)).one('app-login')).toMatchObject({ status: 'ok' })
  })

  it('explains an app that does not run', async () => {
    const { env } = register()
    const diagnosis = await diagnose(env, '--live', '--app-url', 'http://127.0.0.1:1')

    expect(diagnosis.said('app-login')).toMatch(
      /^warning: .*could not be asked at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\).*Start the app/,
    )
    expect(diagnosis.code).toBe(0)
  })

  it('says how to ask an app that is not at its public address yet', async () => {
    const { env } = register({ redirectUris: ['http://localhost:1/auth/apple/callback'] })

    expect((await diagnose(env, '--live')).said('app-login')).toMatch(/--app-url http:\/\/127\.0\.0\.1:3000/)
  })

  it('waits no longer than for Apple', async () => {
    const url = await listen(() => undefined)
    const env = { ...register().env, APPLE_HTTP_TIMEOUT_MS: '200' }

    expect((await diagnose(env, '--live', '--app-url', url)).said('app-login')).toContain('(no answer in time)')
  })
})

describe('doctor --live, about whatever else answers /login', () => {
  it.each([
    ['a proxy without the app', 502, /the proxy there does not reach the app/],
    ['a guard in front', 401, /something in front of the router asks for a login/],
    ['a single-page app', 200, /with a page of its own instead of leading to Apple/],
    ['the wrong host, by its status', 421, /sees another host name/],
    ['a rate limit', 429, /^warning: .*says nothing about the router/],
  ])('explains %s', async (_what, status, sentence) => {
    expect(await toldOf(status)).toMatch(sentence)
  })

  it('explains an app that sends everybody to its own login page', async () => {
    expect(await toldOf(302, { location: '/sign-in?secret=1' })).toMatch(
      /leads to https:\/\/school\.example\/sign-in instead of Apple/,
    )
  })

  it('explains a site that lives at another host', async () => {
    expect(await toldOf(301, { location: 'https://www.school.example/auth/apple/login' })).toMatch(
      /is sent on to www\.school\.example/,
    )
  })

  it('explains a redirect to Apple without a cookie', async () => {
    const { env } = register()
    const query = new URLSearchParams({
      client_id: String(env.APPLE_CLIENT_ID),
      redirect_uri: String(env.APPLE_REDIRECT_URI),
    })
    const url = await listen((_req, res) => {
      res.writeHead(302, { location: `${simulator.url}/auth/authorize?${query.toString()}` }).end()
    })

    expect((await diagnose(env, '--live', '--app-url', url)).said('app-login')).toMatch(
      /without setting a session cookie.*ERR_APPLE_STATE/,
    )
  })
})

function trustProxy(app: import('express').Express): void {
  app.set('trust proxy', 1)
}
