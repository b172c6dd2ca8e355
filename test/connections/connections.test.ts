import { describe, expect, it } from '@jest/globals'
import { Keyv } from 'keyv'
import type { AppleAuth, AppleConnection } from '../../src/index.js'
import { expectSignedOut } from '../support/expect-refused.js'
import { signIn } from '../support/login-steps.js'
import { administrator, connectSchool, refreshesAt, rejectionOf } from '../support/schools.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { collectWarnings } from '../support/warnings.js'

const { apple, startApp } = useApple()

/** A node of an app that connects schools; nodes of one app share a store. */
function startNode(store: Keyv = new Keyv(), options = {}): Promise<TestApp> {
  return startApp({
    options: { service: 'account-data-sharing', store, ...options },
    routes: (routes) => {
      routes.get('/school', (req, res, next) => {
        req.apple.roster.organization().then((organization) => res.json(organization), next)
      })
    },
  })
}

async function listOf({ connections }: AppleAuth): Promise<AppleConnection[]> {
  const all: AppleConnection[] = []
  for await (const connection of connections.list()) all.push(connection)
  return all.sort((one, other) => one.organizationId.localeCompare(other.organizationId))
}

describe('connections', () => {
  it('keep a school that an administrator has connected', async () => {
    const app = await startNode()
    await connectSchool(apple, app)
    expect(await app.apple.connections.get('org-1')).toEqual({
      organizationId: 'org-1',
      organization: { id: 'org-1', name: 'School org-1', type: 'EDUCATION' },
      scope: 'edu.users.read edu.classes.read',
      connectedAt: expect.any(Date),
      connectedBy: administrator,
      status: 'working',
      broken: undefined,
    })
  })

  it('know no school that nobody has connected', async () => {
    const { connections } = (await startNode()).apple
    expect(await connections.get('org-1')).toBeUndefined()
    expect(await connections.disconnect('org-1')).toBe(false)
    expect(await rejectionOf(connections.roster('org-1').organization())).toMatchObject({
      code: 'ERR_APPLE_CONNECTION',
      organizationId: 'org-1',
      reason: 'not_connected',
    })
  })

  it('list every school of this client, from any node', async () => {
    const store = new Keyv()
    const app = await startNode(store)
    await connectSchool(apple, app, 'org-2')
    await connectSchool(apple, app, 'org-1')
    await connectSchool(apple, await startNode(store, { clientId: 'com.example.other' }), 'org-3')
    const other = await startNode(store)
    expect((await listOf(other.apple)).map(({ organizationId }) => organizationId)).toEqual(['org-1', 'org-2'])
  })

  it('read the Roster API without a browser and on any node, with the token of the login while it lasts', async () => {
    const store = new Keyv()
    await connectSchool(apple, await startNode(store))
    const { connections } = (await startNode(store)).apple
    expect(await connections.roster('org-1').organization()).toMatchObject({ name: 'School org-1' })
    expect(refreshesAt(apple)).toHaveLength(0)
    const [atLogin, afterwards] = apple.requestsTo('/organization').map(({ headers }) => headers.authorization)
    expect(afterwards).toBe(atLogin)
  })

  it('take an id_token’s word for the school while the Roster API does not answer', async () => {
    const app = await startNode()
    apple.misbehave = ({ path }, res) => path.includes('/rosterapi/') && res.writeHead(403).end().writableEnded
    await signIn(apple, app.visitor(), { idToken: { claims: { org_id: 'org-1' } } })
    expect(await listOf(app.apple)).toMatchObject([
      { organizationId: 'org-1', organization: undefined, status: 'working' },
    ])
  })

  it('are made at a login and at no other time: an old session neither replaces nor revives one', async () => {
    const app = await startNode()
    apple.misbehave = ({ path }, res) => path.includes('/rosterapi/') && res.writeHead(403).end().writableEnded
    const unnamed = app.visitor()
    await signIn(apple, unnamed)
    const old = app.visitor()
    await signIn(apple, old, { idToken: { claims: { sub: 'old', org_id: 'org-1' } } })
    apple.misbehave = () => false
    await connectSchool(apple, app)
    for (const visitor of [unnamed, old]) expect((await visitor.get('/school')).status).toBe(200)
    expect(await app.apple.connections.get('org-1')).toMatchObject({ connectedBy: administrator })
    await app.apple.connections.disconnect('org-1')
    for (const visitor of [unnamed, old]) await visitor.get('/school')
    expect(await listOf(app.apple)).toEqual([])
  })

  it('fail a login whose connection cannot be kept', async () => {
    const store = new Keyv()
    store.set = () => Promise.reject(new Error('the disk is full'))
    const app = await startNode(store)
    const visitor = app.visitor()
    const answer = await signIn(apple, visitor)
    expect(answer.status).toBe(503)
    expect(answer.body).toMatchObject({ code: 'ERR_APPLE_STORE' })
    await expectSignedOut(visitor)
  })

  it.each([{ namespace: 'my:app' }, { namespace: '' }, { namespace: 'a' }])(
    'are listed from a Keyv with %o',
    async (options) => {
      const app = await startNode(new Keyv(options))
      await connectSchool(apple, app)
      expect(await listOf(app.apple)).toMatchObject([{ organizationId: 'org-1' }])
    },
  )

  it('leave another person’s session as it was when they cannot be kept', async () => {
    const store = new Keyv()
    const app = await startApp({
      options: { service: 'account-data-sharing', store },
      routes: (routes) => {
        routes.get('/cart', (req, res) => {
          req.session.cart ??= 'full'
          res.json({ cart: req.session.cart, sub: req.apple.user?.sub })
        })
      },
    })
    const visitor = await connectSchool(apple, app)
    await visitor.get('/cart')
    store.set = () => Promise.reject(new Error('the disk is full'))
    await signIn(apple, visitor, { idToken: { claims: { sub: 'somebody.else' } } })
    expect((await visitor.get('/cart')).body).toEqual({ cart: 'full', sub: administrator })
  })

  it('bring nothing back of a session that a logout has ended while one was kept', async () => {
    const store = new Keyv()
    const app = await startApp({
      options: { service: 'account-data-sharing', store },
      routes: (routes) => {
        routes.get('/fill', (req, res) => {
          req.session.cart = 'full'
          res.end()
        })
        routes.get('/cart', (req, res) => void res.json({ cart: req.session.cart }))
      },
    })
    const visitor = await connectSchool(apple, app)
    await visitor.get('/fill')
    const set = store.set.bind(store)
    let loggedOut: Promise<unknown> | undefined
    store.set = async (key: string, value: unknown, ttl?: number) => {
      if (key.startsWith('connection:')) {
        loggedOut ??= visitor.post('/auth/apple/logout').then()
        await loggedOut
      }
      return set(key, value, ttl)
    }
    await signIn(apple, visitor, { idToken: { claims: { sub: administrator, org_id: 'org-1' } } })
    expect(loggedOut).toBeDefined()
    expect((await visitor.get('/cart')).body).toEqual({})
  })

  it('are listed once each, however often the store shows them, and as they are by then', async () => {
    const store = new Keyv()
    const app = await startNode(store)
    await connectSchool(apple, app, 'org-1')
    await connectSchool(apple, app, 'org-2')
    const { iterator = () => [] } = store
    store.iterator = async function* (namespace) {
      yield* iterator(namespace)
      yield* iterator(namespace)
      await app.apple.connections.disconnect('org-2')
    }
    expect(await listOf(app.apple)).toMatchObject([{ organizationId: 'org-1' }])
  })

  it('are kept although what lay beside an older grant cannot be forgotten', async () => {
    const store = new Keyv()
    const app = await startNode(store)
    await connectSchool(apple, app)
    store.delete = () => Promise.reject(new Error('the disk is busy'))
    await connectSchool(apple, app, 'org-1', 'second.administrator')
    expect(await app.apple.connections.get('org-1')).toMatchObject({ connectedBy: 'second.administrator' })
  })

  it('are no way to connect a school but by a login', async () => {
    const { connections } = (await startNode()).apple
    expect(Object.keys(connections).sort()).toEqual(['disconnect', 'get', 'list', 'roster'])
    expect(Object.isFrozen(connections)).toBe(true)
  })

  it('row 170: do not trust another organization than the connected one, nor than the login’s', async () => {
    const app = await startNode()
    const visitor = await connectSchool(apple, app)
    apple.organization = { id: 'org-2', name: 'Another' }
    expect(await rejectionOf(app.apple.connections.roster('org-1').organization())).toMatchObject({
      code: 'ERR_APPLE_IDENTITY',
      details: { connected: 'org-1', read: 'org-2' },
    })
    expect((await visitor.get('/school')).body).toMatchObject({ code: 'ERR_APPLE_IDENTITY' })
    expect(await app.apple.connections.get('org-2')).toBeUndefined()
  })

  it('take ids as text only', async () => {
    const { connections } = (await startNode()).apple
    // Most often the organizationId of somebody who has none.
    const nobody = undefined as unknown as string
    expect(() => connections.roster(nobody)).toThrow(/id of an organization/)
    expect(await rejectionOf(connections.get(nobody))).toMatchObject({ code: 'ERR_APPLE_ARGUMENT' })
    expect(await rejectionOf(connections.disconnect(''))).toMatchObject({ code: 'ERR_APPLE_ARGUMENT' })
  })

  it('are not there for Sign in with Apple', async () => {
    const app = await startApp()
    expect(() => app.apple.connections).toThrow(/account-data-sharing/)
  })

  it('warn in production that memory is no place for them', async () => {
    const before = process.env.NODE_ENV
    process.env.NODE_ENV = 'production'
    try {
      const warnings = await collectWarnings(async () => {
        await startNode()
        await startApp({ options: { service: 'account-data-sharing' } })
      })
      expect(warnings).toHaveLength(1)
      expect(warnings).toMatchObject([{ code: 'APPLE_STORE', message: expect.stringContaining('APPLE_STORE_URL') }])
    } finally {
      process.env.NODE_ENV = before
    }
  })
})
