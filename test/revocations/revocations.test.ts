import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import session from 'express-session'
import { Keyv } from 'keyv'
import type { AppleAuthEvents, AppleAuthOptions } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { expectNoSecret, expectSignedOut } from '../support/expect-refused.js'
import { signIn } from '../support/login-steps.js'
import { connectSchool } from '../support/schools.js'
import type { TestApp } from '../support/test-app.js'
import { until } from '../support/until.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

// The first wait is two seconds.
jest.setTimeout(30_000)

type Failure = AppleAuthEvents['revocation_failed']

/** An app, and the failed revocations that it tells of. */
async function startNode(options: AppleAuthOptions = {}): Promise<{ app: TestApp; failures: Failure[] }> {
  const failures: Failure[] = []
  const app = await startApp({ options: { httpTimeoutMs: 500, ...options } })
  app.apple.on('revocation_failed', (event) => failures.push(event))
  return { app, failures }
}

/** Signs somebody in and out, and gives the refresh token (else the access token) that Apple was asked to revoke. */
async function signInAndOut(app: TestApp): Promise<string> {
  const visitor = app.visitor()
  await signIn(apple, visitor)
  expect((await visitor.post('/auth/apple/logout')).status).toBe(303)
  await expectSignedOut(visitor)
  return apple.requestsTo('/revoke').at(-1)?.form.get('token') ?? ''
}

/** Apple answers revocations with that status and error; `undefined` breaks the connection. */
function refuse(status: number | undefined, error = 'invalid_client'): void {
  apple.misbehave = ({ path }, res) => {
    if (!path.endsWith('/revoke')) return false
    if (status === undefined) res.socket?.destroy()
    else res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
    return true
  }
}

/** How often Apple was asked to revoke a token: instances of other tests go on asking for theirs. */
const timesSent = (token: string): number =>
  apple.requestsTo('/revoke').filter(({ form }) => form.get('token') === token).length
const owedIn = (store: Keyv): string[] =>
  [...(store.store as Map<string, string>).keys()].filter(
    (key) => key.includes('revocation:') && !key.includes('lease'),
  )

/** From now on Apple would take it, and is not asked any more. */
async function expectDropped(store: Keyv, token: string): Promise<void> {
  const before = timesSent(token)
  apple.misbehave = () => false
  await until(() => owedIn(store).length === 0)
  expect(timesSent(token)).toBe(before)
}

function copyOf(store: Keyv): Keyv {
  return new Keyv({ store: new Map(store.store as Map<string, string>) })
}

describe('a revocation that Apple did not take', () => {
  afterEach(() => {
    apple.misbehave = () => false
  })

  it.each<[string, number | undefined, string]>([
    ['answered 503', 503, ''],
    ['answered 429', 429, ''],
    ['broke the connection', undefined, ''],
    ['did not accept our credentials, which can be mended', 400, 'invalid_client'],
  ])('because it %s is sent again until it is done, and then no more', async (_name, status, error) => {
    const store = new Keyv()
    const { app, failures } = await startNode({ store })
    refuse(status, error)
    const token = await signInAndOut(app)
    expect(token).toMatch(/^r[0-9a-f]{32}/)
    expect(failures).toMatchObject([{ willRetry: true }])
    expectNoSecret(JSON.stringify(failures))
    expect(owedIn(store)).toHaveLength(1)
    apple.misbehave = () => false
    await until(() => owedIn(store).length === 0)
    expect(timesSent(token)).toBe(2)
    expect(failures).toHaveLength(1)
  })

  it.each(['invalid_request', 'invalid_grant', 'unsupported_token_type'])(
    'because of %s is given up, and the operator is told so',
    async (error) => {
      const store = new Keyv()
      const { app, failures } = await startNode({ store })
      refuse(400, error)
      const token = await signInAndOut(app)
      expect(failures).toMatchObject([{ willRetry: false, error: { appleError: error } }])
      expect(owedIn(store)).toEqual([])
      expect(timesSent(token)).toBe(1)
    },
  )

  it('is given up later as well, when Apple then refuses for good', async () => {
    const store = new Keyv()
    const { app, failures } = await startNode({ store })
    refuse(503)
    await signInAndOut(app)
    refuse(400, 'invalid_grant')
    await until(() => failures.length === 2)
    expect(failures).toMatchObject([{ willRetry: true }, { willRetry: false }])
    expect(owedIn(store)).toEqual([])
  })

  it('is pointless once an access token has ended that is all there was', async () => {
    apple.tokenAnswer = { refresh_token: undefined, expires_in: 1 }
    const store = new Keyv()
    const { app, failures } = await startNode({ store })
    refuse(503)
    await signInAndOut(app)
    expect(failures).toMatchObject([{ willRetry: false }])
    expect(owedIn(store)).toEqual([])
  })

  it('waits twice as long after each attempt', async () => {
    const { app } = await startNode({ store: new Keyv() })
    refuse(503)
    const token = await signInAndOut(app)
    const times = [performance.now()]
    for (const attempt of [2, 3]) {
      await until(() => timesSent(token) === attempt)
      times.push(performance.now())
    }
    const [first = 0, second = 0, third = 0] = times
    expect((third - second) / (second - first)).toBeGreaterThan(1.4)
  })

  it('is sent by the process that comes after this one', async () => {
    const store = new Keyv()
    const { app } = await startNode({ store })
    refuse(undefined)
    const token = await signInAndOut(app)
    // What is left of it is the store: a copy, so that the old process, which is this one, has no part in it.
    const copy = copyOf(store)
    apple.misbehave = () => false
    await withClockAhead(60, async () => {
      await startNode({ store: copy })
      await until(() => owedIn(copy).length === 0)
    })
    expect(timesSent(token)).toBeGreaterThanOrEqual(2)
  })

  it('is sent by one of many nodes at a time', async () => {
    const store = new Keyv()
    const { app } = await startNode({ store })
    refuse(503)
    const token = await signInAndOut(app)
    const before = timesSent(token)
    apple.misbehave = () => false
    apple.delay = ({ path }) => (path.endsWith('/revoke') ? 300 : 0)
    await withClockAhead(60, async () => {
      await Promise.all(Array.from({ length: 4 }, () => startNode({ store })))
      await until(() => owedIn(store).length === 0)
      // Those that came too late have looked as well by then.
      await new Promise((resolve) => setTimeout(resolve, 1000))
    })
    expect(timesSent(token) - before).toBe(1)
  })

  it('is sealed where there are keys, and left for the key that opens it', async () => {
    const store = new Keyv()
    const [oldKey, newKey] = [1, 2].map(() => randomBytes(32).toString('base64url')) as [string, string]
    const { app } = await startNode({ store, tokenEncryptionKeys: [oldKey] })
    refuse(503)
    await signInAndOut(app)
    await app.stop()
    expectNoSecret(JSON.stringify([...(store.store as Map<string, string>).values()]))
    apple.misbehave = () => false
    await withClockAhead(60, async () => {
      const told: unknown[] = []
      const { app: stranger } = await startNode({ store, tokenEncryptionKeys: [newKey] })
      stranger.apple.on('unsealing_failed', (event) => told.push(event))
      await until(() => told.length > 0)
      expect(told).toEqual([{ record: 'revocation', organizationId: undefined }])
      expect(owedIn(store)).toHaveLength(1)
      await startNode({ store, tokenEncryptionKeys: [newKey, oldKey] })
      await until(() => owedIn(store).length === 0)
    })
  })

  it('is tried again in this process where the store is its memory', async () => {
    const { app } = await startNode()
    refuse(503)
    const token = await signInAndOut(app)
    apple.misbehave = () => false
    await until(() => timesSent(token) === 2)
  })

  it('is dropped when the person has signed in again: the old consent is the new one', async () => {
    const store = new Keyv()
    const { app } = await startNode({ store })
    refuse(503)
    const token = await signInAndOut(app)
    const [visitor, other] = [app.visitor(), app.visitor()]
    await signIn(apple, other, { idToken: { claims: { sub: 'somebody.else' } } })
    await signIn(apple, visitor)
    await expectDropped(store, token)
    // What is owed later is sent all the same.
    refuse(503)
    await visitor.post('/auth/apple/logout')
    const later = apple.requestsTo('/revoke').at(-1)?.form.get('token') ?? ''
    apple.misbehave = () => false
    await until(() => timesSent(later) === 2)
  })

  it('is dropped although the person has signed in again before Apple’s silence was over', async () => {
    const store = new Keyv()
    const { app } = await startNode({ store })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    apple.misbehave = ({ path }) => path.endsWith('/revoke')
    const logout = visitor.post('/auth/apple/logout').then()
    await until(() => apple.requestsTo('/revoke').length > 0)
    const token = apple.requestsTo('/revoke').at(-1)?.form.get('token') ?? ''
    await signIn(apple, app.visitor())
    expect((await logout).status).toBe(303)
    apple.misbehave = () => false
    await until(() => owedIn(store).length === 0)
    expect(timesSent(token)).toBe(1)
  })

  it('is still owed when the app refused the login that came after it', async () => {
    const store = new Keyv()
    let refuses = false
    const { app } = await startNode({
      store,
      onLogin() {
        if (refuses) throw new Error('not here')
      },
    })
    refuse(503)
    const token = await signInAndOut(app)
    apple.misbehave = () => false
    refuses = true
    expect((await signIn(apple, app.visitor())).status).toBe(403)
    await until(() => owedIn(store).length === 0)
    expect(timesSent(token)).toBe(2)
  })

  it('is tried once where the store takes no note of it', async () => {
    const store = new Keyv()
    const { app, failures } = await startNode({ store })
    const set = store.set.bind(store)
    store.set = () => Promise.reject(new Error('the store is down'))
    refuse(503)
    await signInAndOut(app)
    expect(failures).toMatchObject([{ willRetry: false }])
    store.set = set
  })
})

describe('a logout', () => {
  it('writes down what is owed before the session ends, and nothing stays when Apple takes it', async () => {
    const store = new Keyv()
    const { app } = await startNode({ store })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    let owed: string[] = []
    apple.misbehave = ({ path }) => {
      if (path.endsWith('/revoke')) owed = owedIn(store)
      return false
    }
    apple.delay = ({ path }) => (path.endsWith('/revoke') ? 200 : 0)
    const logout = visitor.post('/auth/apple/logout').then()
    await until(() => owed.length > 0)
    const { body } = await visitor.get('/')
    await logout
    expect(body).toEqual({ signedIn: false })
    expect(owedIn(store)).toEqual([])
  })

  it('owes nothing when the session could not be ended', async () => {
    const store = new Keyv()
    const sessions = new session.MemoryStore()
    const app = await startApp({ options: { store }, session: { store: sessions } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    sessions.destroy = (_id, done) => {
      done?.(new Error('down'))
    }
    expect((await visitor.post('/auth/apple/logout')).status).toBe(503)
    expect(owedIn(store)).toEqual([])
    expect(apple.requestsTo('/revoke')).toEqual([])
  })
})

describe('a school whose revocation is owed', () => {
  it('stays connected when it was connected anew while this machine’s clock was ahead of Apple’s', async () => {
    const store = new Keyv()
    const { app } = await startNode({ store, service })
    const appleNow = Math.floor(Date.now() / 1000)
    await withClockAhead(20, async () => {
      await connectSchool(apple, app)
      refuse(503)
      await app.apple.connections.disconnect('org-1')
      const token = apple.requestsTo('/revoke').at(-1)?.form.get('token') ?? ''
      const claims = { sub: 'second.administrator', org_id: 'org-1', iat: appleNow, exp: appleNow + 3600 }
      expect((await signIn(apple, app.visitor(), { idToken: { claims } })).status).toBe(303)
      await expectDropped(store, token)
    })
  })

  const service = 'account-data-sharing'

  it('is disconnected when Apple has taken it at last', async () => {
    const store = new Keyv()
    const { app } = await startNode({ store, service })
    const visitor = await connectSchool(apple, app)
    refuse(503)
    await visitor.post('/auth/apple/logout')
    expect(await app.apple.connections.get('org-1')).toBeDefined()
    apple.misbehave = () => false
    await until(async () => (await app.apple.connections.get('org-1')) === undefined)
  })

  it('stays connected when it was connected anew meanwhile: the old consent is the new one', async () => {
    const store = new Keyv()
    const { app } = await startNode({ store, service })
    const visitor = await connectSchool(apple, app)
    refuse(503)
    await visitor.post('/auth/apple/logout')
    const token = apple.requestsTo('/revoke').at(-1)?.form.get('token') ?? ''
    await connectSchool(apple, app, 'org-1', 'second.administrator')
    await expectDropped(store, token)
    expect(await app.apple.connections.get('org-1')).toMatchObject({ connectedBy: 'second.administrator' })
  })
})
