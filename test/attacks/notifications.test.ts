import { describe, expect, it } from '@jest/globals'
import session from 'express-session'
import { Keyv } from 'keyv'
import type { AppleAuthOptions, AppleNotification, AppleNotificationError } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { signIn, type Visitor } from '../support/login-steps.js'
import { eventOf, notificationOf, notify, person, postNotification } from '../support/notifications.js'
import { administrator, connectSchool } from '../support/schools.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { sessionsIn } from '../session/stored-session.js'

const { apple, startApp } = useApple()

/** An app that notes what it is told. */
async function startListener(options: AppleAuthOptions = {}): Promise<{ app: TestApp; told: AppleNotification[] }> {
  const told: AppleNotification[] = []
  const app = await startApp({ options: { onNotification: (event) => void told.push(event), ...options } })
  return { app, told }
}

async function signedIn(app: TestApp, sub = person): Promise<Visitor> {
  const visitor = app.visitor()
  const answer = await signIn(apple, visitor, { idToken: { claims: { sub } } })
  if (answer.status !== 303) throw new Error(`the callback answered ${String(answer.status)}: ${answer.text}`)
  return visitor
}

async function isSignedIn(visitor: Visitor): Promise<boolean> {
  const { body } = await visitor.get('/')
  const guarded = await visitor.get('/private')
  expect(guarded.status).toBe(body.signedIn === true ? 200 : 401)
  return guarded.status === 200
}

describe('a good notification (catalogue section 8)', () => {
  it.each(['consent-revoked', 'account-delete', 'account-deleted'])(
    'rows 130 and 144: %s ends every login of that person and nobody else’s',
    async (type) => {
      const { app, told } = await startListener()
      const [one, two, other] = [await signedIn(app), await signedIn(app), await signedIn(app, 'somebody.else')]
      await notify(apple, app, type)
      expect([await isSignedIn(one), await isSignedIn(two), await isSignedIn(other)]).toEqual([false, false, true])
      expect(told).toMatchObject([{ type: type === 'account-delete' ? 'account-deleted' : type, sub: person }])
    },
  )

  it.each(['email-enabled', 'email-disabled'])('row 144: %s is told to the app and ends nothing', async (type) => {
    const { app, told } = await startListener()
    const visitor = await signedIn(app)
    const at = Date.now() - 5000
    await notify(apple, app, type, { email: 'x@privaterelay.appleid.com', is_private_email: 'true', event_time: at })
    expect(await isSignedIn(visitor)).toBe(true)
    expect(told).toEqual([
      {
        type,
        sub: person,
        email: 'x@privaterelay.appleid.com',
        isPrivateEmail: true,
        eventTime: new Date(at),
        notificationId: expect.stringMatching(/^[\w-]{22}$/),
        audience: 'com.example.web',
      },
    ])
  })

  it.each<[string, (event: unknown) => unknown]>([
    ['an object', (event) => event],
    ['a list', (event) => [event]],
    ['JSON in a text', (event) => JSON.stringify(event)],
    ['JSON of a list in a text', (event) => JSON.stringify([event])],
  ])('row 145: reads events as %s', async (_name, shape) => {
    const { app, told } = await startListener()
    const visitor = await signedIn(app)
    const { status } = await postNotification(app, notificationOf(apple, shape(eventOf('consent-revoked'))))
    expect([status, told.length, await isSignedIn(visitor)]).toEqual([200, 1, false])
  })

  it.each([
    ['seconds', Math.floor],
    ['milliseconds', (seconds: number) => Math.floor(seconds * 1000)],
  ])('row 145: reads event_time in %s', async (_name, write) => {
    const { app, told } = await startListener()
    const at = Math.floor(Date.now() / 1000) - 100
    await notify(apple, app, 'consent-revoked', { event_time: write(at) })
    expect(told[0]?.eventTime).toEqual(new Date(at * 1000))
  })

  it.each([undefined, null, 'yesterday', -5, {}])(
    'row 145: takes the time of the notification for an event_time that is %j',
    async (event_time) => {
      const { app, told } = await startListener()
      const visitor = await signedIn(app)
      await notify(apple, app, 'consent-revoked', { event_time })
      expect(Math.abs(Number(told[0]?.eventTime) - Date.now())).toBeLessThan(60_000)
      expect(await isSignedIn(visitor)).toBe(false)
    },
  )

  it('row 145: does all that several events in one say', async () => {
    const { app, told } = await startListener()
    const [one, two] = [await signedIn(app), await signedIn(app, 'somebody.else')]
    const events = [
      eventOf('consent-revoked'),
      eventOf('new-type'),
      eventOf('consent-revoked', { sub: 'somebody.else' }),
    ]
    expect((await postNotification(app, notificationOf(apple, events))).status).toBe(200)
    expect([await isSignedIn(one), await isSignedIn(two)]).toEqual([false, false])
    expect(told.map(({ sub }) => sub)).toEqual([person, 'somebody.else'])
  })

  it('row 130: the session of an ended login holds no token any more, and a guard begins a new login', async () => {
    const store = new session.MemoryStore()
    const app = await startApp({ session: { store } })
    const visitor = await signedIn(app)
    await notify(apple, app, 'consent-revoked')
    const page = await visitor.get('/private').set('Accept', 'text/html')
    expect(page.headers.location).toMatch(/authorize/)
    const sessions = JSON.stringify(await sessionsIn(store))
    expect(sessions).not.toMatch(/[ar][0-9a-f]{32}\.0\./)
    expect((await visitor.get('/')).body).toEqual({ signedIn: false })
  })

  it('row 156: makes no difference between people that are known and others', async () => {
    const { app, told } = await startListener()
    await signedIn(app)
    const answers = []
    for (const sub of [person, 'nobody.knows']) {
      answers.push(await postNotification(app, notificationOf(apple, eventOf('consent-revoked', { sub }))))
    }
    const [known, unknown] = answers.map(({ status, text, headers: { date: _date, ...headers } }) => ({
      status,
      text,
      headers,
    }))
    expect(unknown).toEqual(known)
    expect(told).toHaveLength(2)
  })
})

describe('what a notification’s events may not be (catalogue section 8)', () => {
  it.each([
    ['missing', undefined],
    ['null', null],
    ['an empty list', []],
    ['a number', 7],
    ['no JSON', '{"type":'],
    ['a text in JSON', '"consent-revoked"'],
    ['a list of texts', ['consent-revoked']],
    ['without a type', { sub: person }],
    ['of a type that is no text', { type: ['consent-revoked'], sub: person }],
    ['about nobody', { type: 'consent-revoked' }],
    ['about a number', { type: 'consent-revoked', sub: 7 }],
    ['about an empty sub', { type: 'consent-revoked', sub: '' }],
    ['about a sub of 256 characters', { type: 'consent-revoked', sub: 'x'.repeat(256) }],
    ['about an organization that is no text', { type: 'consent-revoked', sub: person, org_id: {} }],
    ['good but for the last one', [eventOf('consent-revoked'), { type: 'consent-revoked' }]],
  ])('row 148: refuses events that are %s', async (_name, events) => {
    const { app, told } = await startListener()
    const visitor = await signedIn(app)
    const answer = await postNotification(app, notificationOf(apple, events))
    expect([answer.status, answer.body.code]).toEqual([400, 'ERR_APPLE_NOTIFICATION'])
    expect([told, await isSignedIn(visitor)]).toEqual([[], true])
  })

  it('row 148: a type that nobody knows is an event, and nothing else', async () => {
    const { app, told } = await startListener()
    const heard: unknown[] = []
    app.apple.on('notification', (event) => heard.push(event))
    const visitor = await signedIn(app)
    for (const type of ['something-new', '__proto__', 'constructor', 'toString']) await notify(apple, app, type)
    expect(heard).toHaveLength(4)
    expect(heard[0]).toMatchObject({ type: 'something-new', sub: person })
    expect([told, await isSignedIn(visitor)]).toEqual([[], true])
  })

  it('row 148: no name in an event becomes a property that nobody listed', async () => {
    const { app, told } = await startListener()
    const event = JSON.parse(
      `{"type":"consent-revoked","sub":"x","__proto__":{"isAdmin":true},"constructor":1,"extra":{"a":1}}`,
    ) as object
    await postNotification(app, notificationOf(apple, event))
    expect(Object.keys(told[0] ?? {}).sort()).toEqual(['audience', 'eventTime', 'notificationId', 'sub', 'type'])
    expect((told[0] as { isAdmin?: boolean } | undefined)?.isAdmin).toBeUndefined()
  })
})

describe('the order of events (catalogue section 8)', () => {
  it('row 155: a login that began after the event stays, also when the event is told late or again', async () => {
    const { app } = await startListener()
    const visitor = await signedIn(app)
    await notify(apple, app, 'consent-revoked', { event_time: Date.now() - 60_000 })
    expect(await isSignedIn(visitor)).toBe(true)
    await notify(apple, app, 'consent-revoked')
    expect(await isSignedIn(visitor)).toBe(false)
    const later = await withClockAhead(5, () => signedIn(app))
    await notify(apple, app, 'consent-revoked', { event_time: Date.now() - 30_000 })
    expect(await isSignedIn(later)).toBe(true)
  })

  it('row 155: times are Apple’s, however wrong this machine’s clock is within its tolerance', async () => {
    const { app } = await startListener({ clockToleranceSeconds: 600 })
    const appleNow = Math.floor(Date.now() / 1000) + 300
    const claims = { iat: appleNow, exp: appleNow + 3600 }
    const before = app.visitor()
    await signIn(apple, before, { idToken: { claims } })
    const tell = (eventTime: number): Promise<unknown> =>
      postNotification(app, notificationOf(apple, eventOf('consent-revoked', { event_time: eventTime }), { claims }))
    await tell(appleNow - 10)
    expect(await isSignedIn(before)).toBe(true)
    await tell(appleNow + 10)
    expect(await isSignedIn(before)).toBe(false)
  })

  it('row 155: an event from the far future ends no login that begins later', async () => {
    const { app } = await startListener()
    const visitor = await signedIn(app)
    await notify(apple, app, 'consent-revoked', { event_time: Date.now() + 1e10 })
    expect(await isSignedIn(visitor)).toBe(false)
    await withClockAhead(120, async () => {
      expect(await isSignedIn(await signedIn(app))).toBe(true)
    })
  })
})

describe('a notification that comes again (catalogue section 8)', () => {
  it('row 152: is done once and answered with 200, one after the other and ten at once', async () => {
    const { app, told } = await startListener()
    const jwt = notificationOf(apple, eventOf('consent-revoked'))
    const answers = await Promise.all(Array.from({ length: 10 }, () => postNotification(app, jwt)))
    answers.push(await postNotification(app, jwt))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 11 }, () => 200))
    expect(told).toHaveLength(1)
  })

  it('row 152: is done once on two nodes that share a store', async () => {
    const store = new Keyv()
    const nodes = [await startListener({ store }), await startListener({ store })]
    const jwt = notificationOf(apple, eventOf('consent-revoked'))
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => {
        const node = nodes[index % 2]
        if (node === undefined) throw new Error('there are two nodes')
        return postNotification(node.app, jwt)
      }),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    expect(nodes.flatMap(({ told }) => told)).toHaveLength(1)
  })

  it('row 152: is told apart by its jti, not by its text', async () => {
    const { app, told } = await startListener()
    const claims = { jti: 'the-same' }
    await postNotification(app, notificationOf(apple, eventOf('consent-revoked'), { claims }))
    await postNotification(app, notificationOf(apple, eventOf('email-enabled'), { claims }))
    await postNotification(app, notificationOf(apple, eventOf('email-enabled')))
    expect(told.map(({ type }) => type)).toEqual(['consent-revoked', 'email-enabled'])
  })

  it('row 157: is begun again when the app’s function threw, and nothing is done before it succeeds', async () => {
    let broken = true
    const seen: string[] = []
    const app = await startApp({
      options: {
        async onNotification({ type, notificationId }) {
          await Promise.resolve()
          seen.push(`${type} ${notificationId}`)
          if (broken) throw new Error('the database is down')
        },
      },
    })
    const heard: unknown[] = []
    app.apple.on('notification', (event) => heard.push(event))
    const visitor = await signedIn(app)
    const jwt = notificationOf(apple, eventOf('consent-revoked'))
    const refused = await postNotification(app, jwt)
    expect([refused.status, refused.text.includes('database')]).toEqual([500, false])
    expect((app.errors.at(-1) as AppleNotificationError).cause).toEqual(new Error('the database is down'))
    expect([await isSignedIn(visitor), heard]).toEqual([true, []])
    broken = false
    expect((await postNotification(app, jwt)).status).toBe(200)
    expect([await isSignedIn(visitor), heard.length, seen.length, new Set(seen).size]).toEqual([false, 1, 2, 1])
  })

  it('row 157: is begun again when the store failed', async () => {
    const store = new Keyv()
    const { app } = await startListener({ store })
    const visitor = await signedIn(app)
    const jwt = notificationOf(apple, eventOf('consent-revoked'))
    const set = store.set.bind(store)
    store.set = (key: string, ...rest: [unknown, number?]) =>
      key.startsWith('revoked:') ? Promise.reject(new Error('store is down')) : set(key, ...rest)
    expect((await postNotification(app, jwt)).status).toBe(503)
    expect(await isSignedIn(visitor)).toBe(true)
    store.set = set
    expect((await postNotification(app, jwt)).status).toBe(200)
    expect(await isSignedIn(visitor)).toBe(false)
  })
})

describe('an organization that revokes (catalogue section 8)', () => {
  const service = 'account-data-sharing'
  const revoked = (fields: Record<string, unknown> = {}): Record<string, unknown> =>
    eventOf('consent-revoked', {
      sub: administrator,
      org_id: 'org-1',
      scopes: 'edu.classes.read edu.users.read',
      event_time: Math.floor(Date.now() / 1000),
      ...fields,
    })

  function tell(app: TestApp, event: Record<string, unknown>): Promise<{ status: number }> {
    const claims = { iss: `${apple.url}/auth/oauth2/v2` }
    return postNotification(app, notificationOf(apple, [event], { claims, without: ['exp'] }))
  }

  it('row 144: is no longer connected, its administrators are signed out, and other schools stay', async () => {
    const store = new Keyv()
    const { app, told } = await startListener({ service, store })
    const events: unknown[] = []
    app.apple.on('disconnected', (event) => events.push(event))
    const other = await connectSchool(apple, app, 'org-2', 'other.administrator')
    const colleague = await connectSchool(apple, app, 'org-1', 'second.administrator')
    const visitor = await connectSchool(apple, app)
    expect((await tell(app, revoked())).status).toBe(200)
    expect(await app.apple.connections.get('org-1')).toBeUndefined()
    expect(await app.apple.connections.get('org-2')).toMatchObject({ status: 'working' })
    expect([await isSignedIn(visitor), await isSignedIn(colleague), await isSignedIn(other)]).toEqual([
      false,
      false,
      true,
    ])
    expect(events).toEqual([{ organizationId: 'org-1' }])
    expect(told).toMatchObject([{ organizationId: 'org-1', scopes: 'edu.classes.read edu.users.read' }])
    expect(JSON.stringify([...store.store.keys()])).not.toMatch(/access:.*access:/)
    expect(apple.requestsTo('/revoke')).toEqual([])
  })

  it('row 144: the same without an id_token, where the organization is all that is known of a login', async () => {
    const { app } = await startListener({ service })
    const visitor = app.visitor()
    await signIn(apple, visitor, { idToken: 'none' })
    expect(await isSignedIn(visitor)).toBe(true)
    await tell(app, revoked({ sub: undefined }))
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('row 144: an administrator alone is signed out, the school stays connected', async () => {
    const { app } = await startListener({ service })
    const visitor = await connectSchool(apple, app)
    await tell(app, revoked({ org_id: undefined }))
    expect(await isSignedIn(visitor)).toBe(false)
    expect(await app.apple.connections.get('org-1')).toMatchObject({ status: 'working' })
  })

  it('row 155: a school that was connected after the event stays', async () => {
    const { app } = await startListener({ service })
    const visitor = await connectSchool(apple, app)
    await tell(app, revoked({ event_time: Math.floor(Date.now() / 1000) - 60 }))
    expect(await app.apple.connections.get('org-1')).toMatchObject({ status: 'working' })
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('row 146: finds a key that only the other of Apple’s two key sets has', async () => {
    const { app } = await startListener({ service })
    const visitor = await connectSchool(apple, app)
    const only = ({ path }: { path: string }): boolean => path.endsWith('/v2/keys')
    apple.misbehave = (req, res) => {
      if (!only(req)) return false
      res.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":[]}')
      return true
    }
    const fresh = await startApp({ options: { service } })
    expect((await tell(fresh, revoked())).status).toBe(200)
    expect(await isSignedIn(visitor)).toBe(true)
  })
})
