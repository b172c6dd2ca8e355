import type { RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import express, { type Express, type NextFunction, type Request, type Response as ExpressResponse } from 'express'
import session from 'express-session'
import request, { type Response } from 'supertest'
import type { AppleAuthError } from '../../src/index.js'
import { type AppleSimulator, createAppleSimulator } from '../../src/simulator/index.js'
import { answerConsent } from '../../src/testing/consent.js'
import { readForm } from '../../src/testing/html-form.js'
import { findPerson } from '../../src/testing/people.js'
import { collectWarnings } from '../support/warnings.js'
import { loadRecipe, recipeBlocks } from './load-recipe.js'
import { createCertificate, type Rewrite, Servers } from './tls-proxy.js'

type Visitor = ReturnType<typeof request.agent>

const host = 'school.example'
const certificate = createCertificate(host)
const environment = { ...process.env }
const servers = new Servers()

let simulator: AppleSimulator
let app: Express
let errors: AppleAuthError[]

beforeEach(async () => {
  simulator = createAppleSimulator()
  await simulator.listen()
  errors = []
  app = loadApp(`https://${host}/auth/apple/callback`)
})
afterEach(async () => {
  process.env = { ...environment }
  await servers.close()
  await simulator.close()
})

/** The recipe's app under that redirect URI, and what it would have shown of an error. */
function loadApp(redirectUri: string): Express {
  const client = simulator.createClient({ service: 'sign-in-with-apple', redirectUris: [redirectUri] })
  // On a busy machine the simulator's first key takes longer than an Apple that is up.
  Object.assign(process.env, client.environment, { SESSION_SECRET: 'test', APPLE_HTTP_TIMEOUT_MS: '20000' })
  const recipe = loadRecipe('Behind a proxy') as { app: Express }
  recipe.app.use((error: AppleAuthError, _req: Request, res: ExpressResponse, _next: NextFunction) => {
    errors.push(error)
    res.status(error.status).json({ code: error.code })
  })
  return recipe.app
}

/** Sets what the nginx of the recipe sets, but for what a test says. */
function asNginx(more: Rewrite = () => undefined): Rewrite {
  return (req) => {
    const before = req.headers['x-forwarded-for']
    const address = req.socket.remoteAddress ?? ''
    req.headers['x-forwarded-host'] = req.headers.host
    req.headers['x-forwarded-proto'] = 'encrypted' in req.socket ? 'https' : 'http'
    req.headers['x-forwarded-for'] = before === undefined ? address : `${String(before)}, ${address}`
    more(req)
  }
}

/** Puts the proxy in front of the app and gives browsers that find it under the made-up name. */
async function startBehind(rewrite = asNginx(), handler: RequestListener = app): Promise<() => Visitor> {
  const url = await servers.listenAsProxy(await servers.listen(handler), rewrite, certificate)
  return visitors(url)
}

function visitors(url: string): () => Visitor {
  return () => request.agent(url, { ca: certificate.cert }).set('Host', host)
}

/** A whole login as a browser has it: Apple's answer is a form that another site posts, and so comes without the cookie. */
async function signIn(visit: () => Visitor, visitor: Visitor, page = '/account'): Promise<Response> {
  const begun = await visitor.get(page).set('Accept', 'text/html')
  expect([begun.status, begun.text]).toEqual([302, expect.stringContaining('/auth/authorize?')])
  const person = findPerson(simulator, 'home-user')
  const { url, fields } = await answerConsent(simulator, new URL(begun.headers.location ?? ''), person, {})
  const fromApple = { 'Sec-Fetch-Site': 'cross-site', Origin: simulator.url }
  const relay = await visit().post(url.pathname).set(fromApple).type('form').send(fields)
  expect([relay.status, relay.headers['set-cookie']]).toEqual([200, undefined])
  const form = readForm(relay.text)
  const posted = visitor.post(form?.action ?? '').set({ 'Sec-Fetch-Site': 'same-origin', Origin: `https://${host}` })
  return posted.type('form').send(form?.fields)
}

/** What the recipe says that the package says under that code. */
function quoted(code: string): string {
  const texts = recipeBlocks('Behind a proxy', 'text').flatMap((block) => block.split('\n\n'))
  const text = texts.find((each) => each.startsWith(code)) ?? ''
  return text.replace(code, '').replace(/\s+/g, ' ').trim()
}

/** Takes a prefix off the path, as some proxies do. */
function without(prefix: string): Rewrite {
  return (req) => {
    req.url = req.url?.replace(prefix, '')
  }
}

describe('the recipe for an app behind a proxy', () => {
  it('signs in over https under the proxy’s name, by a Secure cookie, and out again', async () => {
    const visit = await startBehind()
    const visitor = visit()
    const finished = await signIn(visit, visitor)
    expect([finished.status, finished.headers.location]).toEqual([303, '/account'])
    expect(String(finished.headers['set-cookie'])).toMatch(/; HttpOnly; Secure; SameSite=Lax$/)
    expect((await visitor.get('/account')).body).toEqual({ person: expect.any(String), address: '127.0.0.1' })
    // An old browser says by Origin alone where its form is from.
    const out = await visitor.post('/auth/apple/logout').set('Origin', `https://${host}`)
    expect([out.status, out.headers.location]).toEqual([303, '/'])
    expect((await visitor.get('/account')).status).toBe(401)
    expect(errors).toEqual([])
  })

  it('names trust proxy where it is forgotten, in the words of the README', async () => {
    app.disable('trust proxy')
    const answer = await (await startBehind())().get('/auth/apple/login')
    expect([answer.status, answer.body.code]).toEqual([500, 'ERR_APPLE_INSECURE_COOKIE'])
    expect(errors[0]?.message).toBe(quoted('ERR_APPLE_INSECURE_COOKIE'))
    expect(errors[0]?.message).toMatch(/trust proxy/)
  })

  it('says the same where the proxy does not tell of https', async () => {
    const silent = asNginx((req) => {
      delete req.headers['x-forwarded-proto']
    })
    await (await startBehind(silent))().get('/auth/apple/login')
    expect(errors[0]?.message).toBe(quoted('ERR_APPLE_INSECURE_COOKIE'))
  })

  it('says where the proxy hides the host name, after one attempt to get there', async () => {
    const hiding = asNginx((req) => {
      req.headers.host = '127.0.0.1:3000'
      delete req.headers['x-forwarded-host']
    })
    const visitor = (await startBehind(hiding))()
    const first = await visitor.get('/auth/apple/login?returnTo=/account')
    const there = new URL(first.headers.location ?? '')
    expect([first.status, there.origin, there.pathname]).toEqual([302, `https://${host}`, '/auth/apple/login'])
    const second = await visitor.get(`${there.pathname}${there.search}`)
    expect([second.status, second.body.code]).toEqual([421, 'ERR_APPLE_WRONG_HOST'])
    expect(errors[0]?.message).toBe(quoted('ERR_APPLE_WRONG_HOST'))
  })

  it('takes the host name from X-Forwarded-Host where the proxy changes Host', async () => {
    const changing = asNginx((req) => {
      req.headers.host = '127.0.0.1:3000'
    })
    const visit = await startBehind(changing)
    expect((await signIn(visit, visit())).headers.location).toBe('/account')
  })

  it('would not notice a forgotten trust proxy with secure: auto', async () => {
    const careless = express()
    careless.use(session({ secret: 'test', resave: false, saveUninitialized: true, cookie: { secure: 'auto' } }))
    careless.get('/', (_req, res) => {
      res.end()
    })
    const { headers } = await (await startBehind(asNginx(), careless))().get('/')
    expect(String(headers['set-cookie'])).toMatch(/^connect\.sid=/)
    expect(String(headers['set-cookie'])).not.toMatch(/Secure/)
  })
})

describe('the recipe behind two proxies', () => {
  /** A content delivery network that tells of the visitor, and speaks plain http with the nginx behind it. */
  async function startBehindTwo(inner: Rewrite): Promise<() => Visitor> {
    const nginx = await servers.listenAsProxy(await servers.listen(app), inner)
    const outer: Rewrite = (req) => {
      Object.assign(req.headers, { 'x-forwarded-proto': 'https', 'x-forwarded-for': '198.51.100.7' })
    }
    return visitors(await servers.listenAsProxy(nginx, outer, certificate))
  }

  /** `proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto` */
  const passingOn: Rewrite = (req) => {
    const proto = req.headers['x-forwarded-proto']
    asNginx()(req)
    req.headers['x-forwarded-proto'] = proto
  }

  it.each([
    [1, '127.0.0.1'],
    [2, '198.51.100.7'],
  ])('sees with trust proxy %d the address %s', async (proxies, address) => {
    app.set('trust proxy', proxies)
    const visit = await startBehindTwo(passingOn)
    const visitor = visit()
    expect((await signIn(visit, visitor)).status).toBe(303)
    expect((await visitor.get('/account')).body.address).toBe(address)
  })

  it('says that it is plain http where the inner one tells of its own connection', async () => {
    await (await startBehindTwo(asNginx()))().get('/auth/apple/login')
    expect(errors[0]?.message).toBe(quoted('ERR_APPLE_INSECURE_COOKIE'))
  })
})

describe('the recipe below a path that the proxy takes off', () => {
  const { belowPrefix } = loadRecipe('Behind a proxy', 1) as { belowPrefix: (prefix: string, app: Express) => Express }
  const callback = '/app/auth/apple/callback'

  async function signInBelow(handler: RequestListener): Promise<{ location: string | undefined; warnings: string[] }> {
    let location: string | undefined
    const warnings = await collectWarnings(async () => {
      const visit = await startBehind(asNginx(without('/app')), handler)
      const visitor = visit()
      const finished = await signIn(visit, visitor, '/app/account')
      location = finished.headers.location
      expect((await visitor.get('/app/account')).body).toMatchObject({ address: '127.0.0.1' })
      await visitor.get('/app/auth/apple/login')
    })
    const ours = warnings.filter(({ code }) => code === 'APPLE_CALLBACK_PATH')
    return { location, warnings: ours.map(({ message }) => message) }
  }

  it('comes back to the page with its prefix, and has nothing to warn of', async () => {
    app = loadApp(`https://${host}${callback}`)
    expect(await signInBelow(belowPrefix('/app', app))).toEqual({ location: '/app/account', warnings: [] })
  })

  it('is what is missing where a login leads to a page without it', async () => {
    app = loadApp(`https://${host}${callback}`)
    expect(await signInBelow(app)).toEqual({ location: '/account', warnings: [quoted('APPLE_CALLBACK_PATH')] })
  })

  it('need not be put back where the proxy leaves the path alone', async () => {
    app = loadApp(`https://${host}${callback}`)
    const visit = await startBehind(asNginx(), express().use('/app', app))
    expect((await signIn(visit, visit(), '/app/account')).headers.location).toBe('/app/account')
  })
})
