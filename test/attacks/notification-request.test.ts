import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import express from 'express'
import session from 'express-session'
import request, { type Response } from 'supertest'
import { gzipSync } from 'node:zlib'
import type { AppleNotification } from '../../src/index.js'
import { signIn } from '../support/login-steps.js'
import { createSigningKey, LoopbackApple } from '../support/loopback-apple.js'
import { eventOf, notificationOf, postNotification } from '../support/notifications.js'
import { sendRaw } from '../support/send-raw.js'
import { TestApp } from '../support/test-app.js'
import { sessionsIn } from '../session/stored-session.js'

let apple: LoopbackApple
const apps: Record<string, TestApp> = {}
const told: AppleNotification[] = []
const options = { onNotification: (event: AppleNotification) => void told.push(event) }
const path = '/auth/apple/notifications'

beforeAll(async () => {
  apple = await LoopbackApple.start()
  apps.unparsed = await TestApp.start(apple.url, { options })
  apps.parsed = await TestApp.start(apple.url, {
    options,
    before: (app) => app.use(express.json({ limit: '9mb' }), express.urlencoded({ extended: true, limit: '9mb' })),
  })
  apps.raw = await TestApp.start(apple.url, {
    options,
    before: (app) => app.use(express.raw({ type: () => true, limit: '9mb' })),
  })
})
afterEach(() => {
  apple.reset()
  told.length = 0
})
afterAll(async () => {
  for (const app of Object.values(apps)) await app.stop()
  await apple.stop()
})

function appNamed(name: string): TestApp {
  const app = apps[name]
  if (app === undefined) throw new Error(`no app ${name}`)
  return app
}

function post(
  app: TestApp,
  type: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> {
  return sendRaw(request(app.url).post(path), type, body, headers)
}

const good = (): string => notificationOf(apple, eventOf('email-disabled', { email: 'x@privaterelay.appleid.com' }))

describe.each(['unparsed', 'parsed', 'raw'])(
  'a notification whose body the app has %s (catalogue section 8)',
  (name) => {
    it('is taken, with a charset or without', async () => {
      for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"']) {
        expect((await post(appNamed(name), type, JSON.stringify({ payload: good() }))).status).toBe(200)
      }
      expect(told).toHaveLength(3)
    })

    it.each([
      ['payload missing', '{}'],
      ['payload null', '{"payload":null}'],
      ['payload a list', '{"payload":["x"]}'],
      ['payload a number', '{"payload":7}'],
      ['payload no JWT', '{"payload":"x"}'],
      ['payload empty', '{"payload":""}'],
      ['a list', '["payload"]'],
      ['a text', '"payload"'],
      ['null', 'null'],
      ['not JSON', '{"payload":'],
      ['empty', ''],
      ['a prototype', '{"__proto__":{"payload":"x"}}'],
    ])('row 158: refuses a body that has or is %s', async (_name, body) => {
      const answer = await post(appNamed(name), 'application/json', body)
      expect(answer.status).toBe(400)
      expect(answer.text).not.toMatch(/\n\s+at /)
      expect(told).toEqual([])
    })

    it.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/octet-stream',
      'application/jwt',
      'application/json; charset=iso-8859-1',
      'application/jsonp',
    ])('row 158: takes no %s', async (type) => {
      const body = type.includes('urlencoded') ? `payload=${good()}` : JSON.stringify({ payload: good() })
      expect((await post(appNamed(name), type, body)).status).toBe(415)
      expect(told).toEqual([])
    })

    it('row 158: refuses a megabyte with 413, and lives on', async () => {
      const answer = await post(
        appNamed(name),
        'application/json',
        JSON.stringify({ payload: 'x'.repeat(1024 * 1024) }),
      )
      expect(answer.status).toBe(413)
      expect((await postNotification(appNamed(name), good())).status).toBe(200)
    })
  },
)

describe('a request to /notifications (catalogue section 8)', () => {
  it('row 158: takes nothing compressed', async () => {
    const body = gzipSync(JSON.stringify({ payload: good() }))
    const answer = await post(appNamed('unparsed'), 'application/json', body, { 'Content-Encoding': 'gzip' })
    expect(answer.status).toBe(415)
  })

  it.each(['get', 'put', 'delete', 'patch', 'head', 'options'] as const)(
    'row 159: answers %s with 405',
    async (method) => {
      const answer = await request(appNamed('unparsed').url)[method](path)
      expect([answer.status, answer.headers.allow]).toEqual([405, 'POST'])
    },
  )

  it('row 159: needs no session, no cookie and no CSRF token, and never makes a session', async () => {
    const store = new session.MemoryStore()
    const app = await TestApp.start(apple.url, {
      options,
      session: { store, saveUninitialized: true, resave: true, rolling: true },
    })
    const cookies = { Cookie: 'connect.sid=s%3Amade.up; other=1', Origin: 'https://appleid.apple.com' }
    for (const headers of [{}, cookies]) {
      const answer = await request(app.url).post(path).set(headers).send({ payload: good() })
      expect(answer.status).toBe(200)
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
    expect(told).toHaveLength(2)
    expect(Object.keys(await sessionsIn(store))).toEqual([])
    await app.stop()
  })

  it('row 159: works where there is no session at all', async () => {
    const app = await TestApp.start(apple.url, { options, session: 'none' })
    expect((await postNotification(app, good())).status).toBe(200)
    await app.stop()
  })

  it('row 161: asks for the keys once however many bad posts come, and goes on answering', async () => {
    const app = await TestApp.start(apple.url, { options })
    const attacker = createSigningKey('attacker01')
    const kinds = [
      (): string => notificationOf(apple, eventOf('consent-revoked'), { key: attacker.privateKey }),
      (n: number): string => notificationOf(apple, eventOf('consent-revoked'), { header: { kid: `kid${String(n)}` } }),
      (): string => 'a.b.c',
    ]
    const statuses: number[] = []
    const flood = async (): Promise<void> => {
      for (let n = statuses.length; n < 1000; n += 100) {
        const posts = Array.from({ length: 100 }, (_, index) => postNotification(app, kinds[index % 3]?.(n + index)))
        statuses.push(...(await Promise.all(posts)).map(({ status }) => status))
      }
    }
    const flooding = flood()
    // Pages are served between the posts, not after all of them.
    let pages = 0
    while (statuses.length < 900) {
      expect((await request(app.url).get('/')).status).toBe(200)
      pages += 1
    }
    await flooding
    expect(pages).toBeGreaterThanOrEqual(5)
    expect([statuses.length, new Set(statuses)]).toEqual([1000, new Set([400])])
    // Once for the keys, and once more for a kid that might be new.
    expect(apple.requestsTo('/keys').length).toBeLessThanOrEqual(2)
    expect((await signIn(apple, app.visitor())).status).toBe(303)
    expect(told).toEqual([])
    await app.stop()
  }, 60_000)
})
