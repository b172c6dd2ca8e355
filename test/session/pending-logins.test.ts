import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { freezeDate, moveDate, thawDate } from '../apple/clock.js'
import { beginLogin, postCallback, stateOf, type Visitor } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'
import { createStore, sessionsIn, type Store } from './stored-session.js'

let apple: LoopbackApple
let app: TestApp
let store: Store

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(async () => {
  freezeDate()
  store = createStore()
  app = await TestApp.start(apple.url, {
    session: { store },
    routes: (express) => {
      express.get('/cart', (req, res) => {
        Object.assign(req.session, { cart: 'full' })
        res.end()
      })
    },
  })
})
afterEach(async () => {
  await app.stop()
  thawDate()
  apple.reset()
})
afterAll(() => apple.stop())

/** Finishes the login that this authorization request began, and gives where it went, or the error's code. */
async function finish(visitor: Visitor, url: URL): Promise<string> {
  const { headers, body } = await postCallback(visitor, { code: apple.issueCode(url), state: stateOf(url) })
  return headers.location ?? (body as { code: string }).code
}

async function begin(visitor: Visitor, paths: readonly string[]): Promise<URL[]> {
  const urls: URL[] = []
  for (const path of paths) urls.push(await beginLogin(visitor, path))
  return urls
}

async function stored(): Promise<Record<string, unknown>> {
  const [only, ...more] = Object.values(await sessionsIn(store))
  if (only === undefined || more.length > 0) throw new Error('not one session')
  return only
}

/** How long the store keeps its one session, in seconds; undefined for ever. */
async function lifeInStore(): Promise<number | undefined> {
  const { expires } = (await stored()).cookie as { expires?: string | null }
  return typeof expires === 'string' ? (Date.parse(expires) - Date.now()) / 1000 : undefined
}

const paths = (count: number): string[] => Array.from({ length: count }, (_, index) => `/tab${String(index)}`)

describe('pending logins', () => {
  it('go each their own way, in either order (row 13)', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const visitor = app.visitor()
      const urls = await begin(visitor, ['/tab0', '/tab1'])
      for (const tab of order) {
        const url = urls[tab]
        if (url === undefined) throw new Error('no such tab')
        expect(await finish(visitor, url)).toBe(`/tab${String(tab)}`)
      }
    }
  })

  it('are at most eight: the oldest gives way (row 119)', async () => {
    const visitor = app.visitor()
    const [oldest, second, ...rest] = await begin(visitor, paths(9))
    if (oldest === undefined || second === undefined) throw new Error('no logins')
    expect(rest).toHaveLength(7)
    expect(await finish(visitor, oldest)).toBe('ERR_APPLE_STATE')
    expect(await finish(visitor, second)).toBe('/tab1')
  })

  it('fit into a small cookie, however long their paths are (row 119)', async () => {
    const visitor = app.visitor()
    const urls = await begin(
      visitor,
      Array.from({ length: 50 }, (_, index) => `/${String(index)}${'x'.repeat(500)}`),
    )
    expect(JSON.stringify((await stored())['express-apple-auth:apple:logins']).length).toBeLessThanOrEqual(4096)
    const last = urls.at(-1)
    if (last === undefined) throw new Error('no logins')
    expect(await finish(visitor, last)).toMatch(/^\/49x+$/)
  })

  it('may take fifteen minutes and no more (row 14)', async () => {
    const [inTime, late] = [app.visitor(), app.visitor()]
    const [first, second] = [await beginLogin(inTime), await beginLogin(late)]
    moveDate({ minutes: 14, seconds: 59 })
    expect(await finish(inTime, first)).toBe('/')
    moveDate({ seconds: 1 })
    expect(await finish(late, second)).toBe('ERR_APPLE_STATE')
    expect(apple.requestsTo('/auth/token')).toHaveLength(1)
  })

  it('keep a session that holds nothing else for no longer than they last (row 118)', async () => {
    const visitor = app.visitor()
    await beginLogin(visitor)
    expect(await lifeInStore()).toBe(900)
    await beginLogin(visitor)
    expect(await lifeInStore()).toBe(900)
    moveDate({ minutes: 16 })
    expect(await sessionsIn(store)).toEqual({})
  })

  it("leave the life of the app's own session as it is", async () => {
    const visitor = app.visitor()
    await visitor.get('/cart')
    await beginLogin(visitor)
    expect(await lifeInStore()).toBeUndefined()
    expect(await stored()).toHaveProperty('cart', 'full')
  })

  it('give the session its usual life once somebody is signed in', async () => {
    const visitor = app.visitor()
    const url = await beginLogin(visitor)
    expect(await finish(visitor, url)).toBe('/')
    expect(await lifeInStore()).toBeUndefined()
  })

  it('hold what a login needs and no token', async () => {
    await beginLogin(app.visitor(), '/private')
    const now = String(Date.now())
    expect((await stored())['express-apple-auth:apple:logins']).toMatch(
      new RegExp(`^page\\|[\\w-]{43}\\|${now}\\|/private\\|[\\w-]{43}\\|[\\w-]{43}\\|name%20email$`),
    )
  })

  it.each([
    ['junk', 'junk'],
    ['a login without a nonce', `page|x|${String(Date.now())}|/||v|`],
    ['a login without a state', `page||${String(Date.now())}|/|n|v|`],
    ['what cannot be decoded', `page|%|${String(Date.now())}|/|n|v|`],
    ['a list of junk', [null, 5, 'x', {}, { state: 'x' }, { state: '', returnTo: '/', startedAt: 1 }]],
    ['an object', { state: 'x' }],
  ])('are none where the store gives back %s', async (_name, junk) => {
    const visitor = app.visitor()
    const url = await beginLogin(visitor)
    const [[id, session] = ['', {}]] = Object.entries(await sessionsIn(store))
    const { cookie } = session as { cookie: Parameters<Store['set']>[1]['cookie'] }
    await new Promise((resolve) => {
      store.set(id, { cookie, ...{ 'express-apple-auth:apple:logins': junk } }, resolve)
    })
    expect(await finish(visitor, url)).toBe('ERR_APPLE_STATE')
    expect(await finish(visitor, await beginLogin(visitor))).toBe('/')
  })
})
