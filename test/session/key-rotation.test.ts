import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { signIn } from '../support/login-steps.js'
import type { TestApp, TestAppSetup } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { changeRecord, createStore, homeOf, recordIn, sessionsIn, type Store } from './stored-session.js'

const { apple, startApp } = useApple()
const [oldKey, newKey] = [1, 2].map(() => randomBytes(32).toString('base64url')) as [string, string]
const nobody = { signedIn: false }
let store: Store

beforeEach(() => {
  store = createStore()
})

/** A node on the common session store with those keys, and what it tells of records that it cannot open. */
async function node(
  tokenEncryptionKeys: string[] | undefined,
  setup: TestAppSetup = {},
): Promise<{ app: TestApp; told: unknown[] }> {
  const told: unknown[] = []
  const app = await startApp({ ...setup, options: { tokenEncryptionKeys, ...setup.options }, session: { store } })
  app.apple.on('unsealing_failed', (event) => told.push(event))
  return { app, told }
}

async function cookieFrom({ app }: { app: TestApp }): Promise<string> {
  const answer = await signIn(apple, app.visitor())
  if (answer.status !== 303) throw new Error(`the callback answered ${String(answer.status)}`)
  return (answer.get('Set-Cookie')?.[0] ?? '').split(';')[0] ?? ''
}

describe('a login in the session, when the keys change', () => {
  it('moves to the first key as it is used, and then needs the old one no more', async () => {
    const cookie = await cookieFrom(await node([oldKey]))
    const before = await recordIn(store)
    const { app } = await node([newKey, oldKey])
    expect((await homeOf(app, cookie)).signedIn).toBe(true)
    const moved = await recordIn(store)
    expect(moved).not.toBe(before)
    expect((await homeOf((await node([newKey])).app, cookie)).signedIn).toBe(true)
    // It is moved once, not at every request.
    await homeOf(app, cookie)
    expect(await recordIn(store)).toBe(moved)
  })

  it('is sealed as it is used where it was stored without keys', async () => {
    const cookie = await cookieFrom(await node(undefined))
    expect(await recordIn(store)).toMatch(/\|a[0-9a-f]{32}\.0\./)
    const { app } = await node([newKey])
    expect((await homeOf(app, cookie)).signedIn).toBe(true)
    expect(await recordIn(store)).toMatch(/^sealed\./)
    expect(JSON.stringify(await sessionsIn(store))).not.toMatch(/[ar][0-9a-f]{32}\.0\./)
  })

  it('is opened in the form that named no key', async () => {
    const cookie = await cookieFrom(await node([oldKey]))
    await changeRecord(store, (record) => record.replace(/^sealed\.2\.[\w-]{8}\./, 'sealed.1.'))
    expect((await homeOf((await node([newKey, oldKey])).app, cookie)).signedIn).toBe(true)
    expect(await recordIn(store)).toMatch(/^sealed\.2\./)
  })

  it('is nobody’s, and told of by an event, when no key opens it; it comes back with its key', async () => {
    const cookie = await cookieFrom(await node([oldKey]))
    for (const keys of [[newKey], undefined]) {
      const { app, told } = await node(keys)
      expect(await homeOf(app, cookie)).toEqual(nobody)
      expect(told).toContainEqual({ record: 'login', organizationId: undefined })
      expect(app.errors).toEqual([])
    }
    expect((await homeOf((await node([newKey, oldKey])).app, cookie)).signedIn).toBe(true)
  })

  it('moves though a guard alone looks at it, as with an instance that attach() is not mounted for', async () => {
    const cookie = await cookieFrom(await node([oldKey]))
    const before = await recordIn(store)
    const { app } = await node([newKey, oldKey], {
      before: (express, auth) => {
        express.get('/guarded', auth.requireAuth(), (_req, res) => void res.end('in'))
      },
    })
    expect((await app.visitor().get('/guarded').set('Cookie', cookie)).text).toBe('in')
    expect(await recordIn(store)).not.toBe(before)
  })

  it('is not brought back when the session has ended while it is moved', async () => {
    const cookie = await cookieFrom(await node([oldKey]))
    const { app } = await node([newKey, oldKey], {
      before: (express) => {
        express.use((req, _res, next) => {
          // A logout in another tab, whose answer comes first.
          store.destroy(req.sessionID, () => {
            next()
          })
        })
      },
    })
    await homeOf(app, cookie)
    expect(await sessionsIn(store)).toEqual({})
  })

  it('waits for the next request when another one has changed the session meanwhile, and loses nothing of it', async () => {
    const cookie = await cookieFrom(await node([oldKey]))
    const before = await recordIn(store)
    let interrupts = true
    const { app } = await node([newKey, oldKey], {
      before: (express) => {
        express.use((req, _res, next) => {
          if (!interrupts) {
            next()
            return
          }
          interrupts = false
          // Another tab puts something into its cart between this request's reading and its moving.
          store.get(req.sessionID, (_error, found) => {
            if (!found) throw new Error('there is a session')
            store.set(req.sessionID, { ...found, cart: 'full' }, () => {
              next()
            })
          })
        })
      },
    })
    expect((await homeOf(app, cookie)).signedIn).toBe(true)
    expect(Object.values(await sessionsIn(store))).toMatchObject([{ cart: 'full' }])
    expect(await recordIn(store)).toBe(before)
    expect((await homeOf(app, cookie)).signedIn).toBe(true)
    expect(Object.values(await sessionsIn(store))).toMatchObject([{ cart: 'full' }])
    expect(await recordIn(store)).not.toBe(before)
  })

  it('stays as it is when the store takes no write at that moment', async () => {
    const cookie = await cookieFrom(await node([oldKey]))
    const { app } = await node([newKey, oldKey])
    const set = store.set.bind(store)
    store.set = (_id, _session, done) => {
      done?.(new Error('the store is full'))
    }
    expect((await homeOf(app, cookie)).signedIn).toBe(true)
    store.set = set
    expect((await homeOf((await node([oldKey])).app, cookie)).signedIn).toBe(true)
  })
})
