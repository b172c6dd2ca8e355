import { describe, expect, it } from '@jest/globals'
import session from 'express-session'
import { Keyv } from 'keyv'
import { withClockAhead } from '../support/clock.js'
import { signIn, type Visitor } from '../support/login-steps.js'
import { notify } from '../support/notifications.js'
import type { TestApp, TestAppSetup } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { collectWarnings } from '../support/warnings.js'
import { changeValue, sessionsIn } from './stored-session.js'

const { apple, startApp } = useApple()
const redirectUri = 'http://localhost/auth/apple/callback'

/** A Keyv that counts what is read and can be down. */
interface WatchedStore {
  readonly keyv: Keyv
  reads: number
  isDown: boolean
}

function watchedStore(): WatchedStore {
  const keyv = new Keyv()
  const watched = { keyv, reads: 0, isDown: false }
  const get = keyv.get.bind(keyv)
  keyv.get = ((key: string) => {
    watched.reads += 1
    return watched.isDown ? Promise.reject(new Error('store is down')) : get(key)
  }) as typeof keyv.get
  return watched
}

/** Two nodes over one session store and one `store`, and somebody who is signed in on both. */
async function startTwo(): Promise<{ nodes: TestApp[]; store: WatchedStore; cookie: string }> {
  const store = watchedStore()
  const sessions = new session.MemoryStore()
  const setup = { options: { store: store.keyv, redirectUri }, session: { store: sessions } }
  const nodes = [await startApp(setup), await startApp(setup)]
  const visitor = nodes[0]?.visitor()
  if (visitor === undefined) throw new Error('there are two nodes')
  const begun = await visitor.get('/auth/apple/login').set('Host', 'localhost')
  const authorizeUrl = new URL(begun.headers.location ?? '')
  const fields = { code: apple.issueCode(authorizeUrl), state: authorizeUrl.searchParams.get('state') ?? '' }
  const cookies = String(begun.headers['set-cookie']).split(';')[0] ?? ''
  const finished = await visitor
    .post('/auth/apple/callback')
    .set({ Host: 'localhost', 'Sec-Fetch-Site': 'same-origin', Cookie: cookies })
    .type('form')
    .send(fields)
  return { nodes, store, cookie: String(finished.headers['set-cookie']).split(';')[0] ?? '' }
}

async function statusAt(node: TestApp | undefined, cookie: string): Promise<number | undefined> {
  return (await node?.visitor().get('/private').set('Cookie', cookie))?.status
}

describe('a login that Apple has ended', () => {
  it('is ended at once on the node that was told, and within ten seconds on every other', async () => {
    const { nodes, cookie } = await startTwo()
    const [one, two] = nodes
    expect([await statusAt(one, cookie), await statusAt(two, cookie)]).toEqual([200, 200])
    if (one === undefined) throw new Error('there are two nodes')
    await notify(apple, one, 'consent-revoked')
    await withClockAhead(10, async () => {
      expect(await statusAt(two, cookie)).toBe(401)
    })
    expect(await statusAt(one, cookie)).toBe(401)
  })

  it('costs one read of the store in ten seconds, however many requests come, and none for anonymous ones', async () => {
    const { nodes, store, cookie } = await startTwo()
    const [, two] = nodes
    store.reads = 0
    for (let request = 0; request < 20; request++) await statusAt(two, cookie)
    await Promise.all(Array.from({ length: 20 }, () => statusAt(two, cookie)))
    await Promise.all(Array.from({ length: 20 }, () => statusAt(two, '')))
    expect(store.reads).toBe(1)
    await withClockAhead(11, async () => {
      await Promise.all(Array.from({ length: 20 }, () => statusAt(two, cookie)))
    })
    expect(store.reads).toBe(2)
  })

  it('is ended in the middle of a request, before a token is handed out', async () => {
    const app = await startApp({
      routes: (routes) =>
        routes.get('/token', async (req, res) => {
          await withClockAhead(1, () => notify(apple, app, 'consent-revoked'))
          res.json({
            token: await req.apple.getAccessToken().then(
              () => 'given',
              () => 'refused',
            ),
          })
        }),
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    expect((await visitor.get('/token')).body).toEqual({ token: 'refused' })
  })
})

describe('a store that does not say whether Apple has ended a login', () => {
  async function signedIn(kept: WatchedStore, setup: TestAppSetup = {}): Promise<{ app: TestApp; visitor: Visitor }> {
    const app = await startApp({ ...setup, options: { store: kept.keyv } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    kept.isDown = true
    return { app, visitor }
  }

  it('lets nobody in who is signed in, and says so; whoever is not is served', async () => {
    const kept = watchedStore()
    const { app, visitor } = await signedIn(kept)
    const answers = [
      await visitor.get('/private'),
      await visitor.get('/'),
      await visitor.get('/private').set('Accept', 'text/html'),
    ]
    expect(answers.map(({ status, body }) => ({ status, code: body.code as unknown }))).toEqual(
      Array.from({ length: 3 }, () => ({ status: 503, code: 'ERR_APPLE_STORE' })),
    )
    expect((await app.visitor().get('/')).body).toEqual({ signedIn: false })
    kept.isDown = false
    expect((await visitor.get('/private')).status).toBe(200)
  })

  it('does not keep anybody from signing in or out', async () => {
    const kept = watchedStore()
    const { app, visitor } = await signedIn(kept)
    expect((await visitor.post('/auth/apple/logout')).status).toBe(303)
    expect((await visitor.get('/')).body).toEqual({ signedIn: false })
    expect(apple.requestsTo('/revoke')).toHaveLength(1)
    expect((await signIn(apple, app.visitor())).status).toBe(303)
  })

  it('leaves pages alone that do not ask who is signed in', async () => {
    const kept = watchedStore()
    const { visitor } = await signedIn(kept, {
      routes: (routes) => routes.get('/public', (_req, res) => void res.end('public')),
    })
    expect((await visitor.get('/public')).text).toBe('public')
  })

  it.each(['nonsense', '', '{"until":1}'])('is not believed when it says %j', async (rubbish) => {
    const kept = watchedStore()
    const { visitor } = await signedIn(kept)
    kept.isDown = false
    kept.keyv.get = (() => Promise.resolve(rubbish)) as never
    expect((await visitor.get('/private')).status).toBe(503)
  })
})

describe('a login that has ended, while a page is slow', () => {
  it('does not bring back a session that a logout has ended by then', async () => {
    const store = new session.MemoryStore()
    let finish: () => void = () => undefined
    const app = await startApp({
      session: { store },
      routes: (routes) => {
        routes.get('/cart', (req, res) => {
          req.session.cart = 'private'
          res.end()
        })
        routes.get('/slow', (_req, res) => {
          finish = () => res.end()
        })
      },
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await visitor.get('/cart')
    await notify(apple, app, 'consent-revoked')
    const slow = visitor.get('/slow').then()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await visitor.post('/auth/apple/logout')).status).toBe(303)
    finish()
    await slow
    expect(await sessionsIn(store)).toEqual({})
  })
})

describe('a login that attach() did not look at', () => {
  it('is looked at for the next request, and the operator is told', async () => {
    const read = (visitor: Visitor): Promise<unknown> =>
      visitor.get('/early').then(({ body }) => (body as { signedIn: unknown }).signedIn)
    const app = await startApp({
      before: (routes, auth) =>
        routes.get('/early', (req, res) => void res.json({ signedIn: auth.from(req).isAuthenticated })),
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const warnings = await collectWarnings(async () => {
      await withClockAhead(11, async () => {
        expect(await read(visitor)).toBe(true)
      })
    })
    expect(warnings).toMatchObject([{ code: 'APPLE_ATTACH', message: expect.stringContaining('mount attach()') }])
    await notify(apple, app, 'consent-revoked')
    expect(await read(visitor)).toBe(false)
  })

  it('does no harm when the app ends the session meanwhile', async () => {
    const store = new session.MemoryStore()
    const rejections: unknown[] = []
    const note = (reason: unknown): void => void rejections.push(reason)
    const app = await startApp({
      session: { store },
      before: (routes, auth) =>
        routes.get('/leave', (req, res) => {
          const get = store.get.bind(store)
          store.get = (id, done) => {
            store.get = get
            // The session ends while its login is looked at.
            req.session.destroy(() => {
              get(id, done)
            })
          }
          res.json({ signedIn: auth.from(req).isAuthenticated })
        }),
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await notify(apple, app, 'consent-revoked')
    process.on('unhandledRejection', note)
    await withClockAhead(11, async () => {
      expect((await visitor.get('/leave')).status).toBe(200)
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    process.off('unhandledRejection', note)
    expect(rejections).toEqual([])
    expect(await sessionsIn(store)).toEqual({})
  })

  it('is nobody’s when nothing tells whom it is about', async () => {
    const store = new session.MemoryStore()
    const app = await startApp({
      session: { store },
      before: (routes, auth) =>
        routes.get('/early', (req, res) => void res.json({ signedIn: auth.from(req).isAuthenticated })),
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await changeValue(store, (value) => value.split(' ')[0])
    expect((await visitor.get('/early')).body).toEqual({ signedIn: false })
  })
})

describe('a page that takes longer than an answer of the store is good for', () => {
  it('was looked at by attach(), and warns of nothing', async () => {
    const app = await startApp({
      routes: (routes) =>
        routes.get('/slow', async (req, res) => {
          await withClockAhead(11, () => Promise.resolve(res.json({ signedIn: req.apple.isAuthenticated })))
        }),
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await visitor.get('/')
    const warnings = await collectWarnings(async () => {
      expect((await visitor.get('/slow')).body).toEqual({ signedIn: true })
    })
    expect(warnings).toEqual([])
  })
})

describe('a guard that attach() is not mounted before', () => {
  it('finds out by itself', async () => {
    const app = await startApp({
      before: (routes, auth) => routes.get('/early', auth.requireAuth(), (_req, res) => void res.end('in')),
    })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    expect((await visitor.get('/early')).text).toBe('in')
    await notify(apple, app, 'consent-revoked')
    expect((await visitor.get('/early')).status).toBe(401)
  })
})
