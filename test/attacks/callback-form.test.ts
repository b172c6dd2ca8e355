import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import express from 'express'
import type { ClientRequest } from 'node:http'
import request, { type Response } from 'supertest'
import { gzipSync } from 'node:zlib'
import { expectRefused } from '../support/expect-refused.js'
import { beginLogin, postCallback, stateOf, type Visitor } from '../support/login-steps.js'
import { withClockAhead } from '../support/clock.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { sendRaw } from '../support/send-raw.js'
import { TestApp } from '../support/test-app.js'

let apple: LoopbackApple
const apps: Record<string, TestApp> = {}

beforeAll(async () => {
  apple = await LoopbackApple.start()
  apps.unparsed = await TestApp.start(apple.url)
  apps.extended = await TestApp.start(apple.url, {
    before: (app) => app.use(express.urlencoded({ extended: true, limit: '9mb' })),
  })
  apps.simple = await TestApp.start(apple.url, {
    before: (app) => app.use(express.json(), express.urlencoded({ extended: false, limit: '9mb' })),
  })
  apps.raw = await TestApp.start(apple.url, {
    before: (app) => app.use(express.raw({ type: () => true, limit: '9mb' })),
  })
})
afterEach(() => {
  apple.reset()
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
  visitor: Visitor,
  type: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> {
  return sendRaw(visitor.post('/auth/apple/callback').set('Sec-Fetch-Site', 'same-origin'), type, body, headers)
}

const form = 'application/x-www-form-urlencoded'

describe.each(['unparsed', 'extended', 'simple', 'raw'])(
  'the form at /callback (catalogue section 1), body %s by the app',
  (name) => {
    it('signs in', async () => {
      const visitor = appNamed(name).visitor()
      const authorizeUrl = await beginLogin(visitor, '/private')
      const body = new URLSearchParams({ code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
      const answer = await post(visitor, `${form};charset=UTF-8`, body.toString())
      expect([answer.status, answer.headers.location]).toEqual([303, '/private'])
    })

    it.each([
      ['code twice', (code: string, state: string) => `code=${code}&code=x&state=${state}`],
      ['code twice, the other way round', (code: string, state: string) => `code=x&code=${code}&state=${state}`],
      ['state twice', (code: string, state: string) => `code=${code}&state=${state}&state=x`],
      ['state twice, the other way round', (code: string, state: string) => `code=${code}&state=x&state=${state}`],
      ['user twice', (code: string, state: string) => `code=${code}&state=${state}&user=1&user=2`],
      ['code[]', (code: string, state: string) => `code[]=${code}&state=${state}`],
      ['code[x]', (code: string, state: string) => `code[x]=${code}&state=${state}`],
      ['state[$ne]', (code: string) => `code=${code}&state[$ne]=x`],
      ['state[]', (code: string, state: string) => `code=${code}&state[]=${state}`],
    ])('rows 16 and 17: refuses %s', async (_name, build) => {
      const visitor = appNamed(name).visitor()
      const authorizeUrl = await beginLogin(visitor)
      const answer = await post(visitor, form, build(apple.issueCode(authorizeUrl), stateOf(authorizeUrl)))
      await expectRefused(answer, visitor, 'ERR_APPLE_CALLBACK')
      expect(apple.requestsTo('/token')).toHaveLength(0)
    })

    it.each([
      ['application/json', (fields: URLSearchParams) => JSON.stringify(Object.fromEntries(fields))],
      ['text/plain', String],
      ['multipart/form-data; boundary=x', String],
      ['application/octet-stream', String],
      [`${form}; charset=utf-16`, String],
      [`${form}; charset=latin1`, String],
    ])('row 19: refuses %s', async (type, encode) => {
      const visitor = appNamed(name).visitor()
      const authorizeUrl = await beginLogin(visitor)
      const fields = new URLSearchParams({ code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
      const answer = await post(visitor, type, encode(fields))
      await expectRefused(answer, visitor)
      expect(answer.status).toBe(415)
    })

    it('row 20: refuses more than 64 KiB with 413, and lives on', async () => {
      const visitor = appNamed(name).visitor()
      const authorizeUrl = await beginLogin(visitor)
      const fields = `code=${apple.issueCode(authorizeUrl)}&state=${stateOf(authorizeUrl)}`
      const answer = await post(visitor, form, `${fields}&user=${'x'.repeat(5_000_000)}`)
      expect(answer.status).toBe(413)
      expect((await visitor.get('/')).body).toEqual({ signedIn: false })
    })

    it('row 20: refuses a state of 60 or 100 kB, and survives ten thousand parameters', async () => {
      const visitor = appNamed(name).visitor()
      await beginLogin(visitor)
      await expectRefused(await post(visitor, form, `code=x&state=${'s'.repeat(60_000)}`), visitor)
      const huge = await post(visitor, form, `code=x&state=${'s'.repeat(100_000)}`)
      expect(huge.status).toBe(413)
      await expectRefused(huge, visitor)
      for (const count of [9000, 10_000]) {
        const many = Array.from({ length: count }, (_, index) => `p${String(index)}=`).join('&')
        await expectRefused(await post(visitor, form, `${many}&state=x`), visitor)
      }
    })

    it('row 20: refuses ten thousand parameters of which one is a real state, and asks Apple nothing', async () => {
      const visitor = appNamed(name).visitor()
      const authorizeUrl = await beginLogin(visitor)
      const many = Array.from({ length: 10_000 }, (_, index) => `p${String(index)}=`).join('&')
      const fields = `code=${apple.issueCode(authorizeUrl)}&state=${stateOf(authorizeUrl)}`
      const answer = await post(visitor, form, `${many}&${fields}`)
      await expectRefused(answer, visitor)
      expect(apple.requestsTo('/token')).toHaveLength(0)
    })

    it('row 19: refuses a body without a Content-Type', async () => {
      const visitor = appNamed(name).visitor()
      const authorizeUrl = await beginLogin(visitor)
      const fields = new URLSearchParams({ code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
      const body = fields.toString()
      const sent = visitor.post('/auth/apple/callback').set('Sec-Fetch-Site', 'same-origin')
      const answer = await sent
        .serialize(() => body)
        .on('request', ({ req }: { req: ClientRequest }) => {
          req.removeHeader('Content-Type')
        })
        .send(body)
      await expectRefused(answer, visitor)
      expect(answer.status).toBe(415)
      expect(apple.requestsTo('/token')).toHaveLength(0)
    })

    it.each(['gzip', 'br', 'nonsense'])('row 19: refuses a lie by Content-Encoding %s', async (encoding) => {
      const visitor = appNamed(name).visitor()
      const authorizeUrl = await beginLogin(visitor)
      const body = `code=${apple.issueCode(authorizeUrl)}&state=${stateOf(authorizeUrl)}`
      const answer = await post(visitor, form, body, { 'Content-Encoding': encoding })
      await expectRefused(answer, visitor)
      expect(apple.requestsTo('/token')).toHaveLength(0)
    })
  },
)

describe('the request at /callback (catalogue section 1)', () => {
  it.each(['gzip', 'br', 'nonsense'])(
    'row 19: refuses a body with Content-Encoding %s, true or a lie',
    async (encoding) => {
      const visitor = appNamed('unparsed').visitor()
      const state = stateOf(await beginLogin(visitor))
      const body = encoding === 'gzip' ? gzipSync(`code=x&state=${state}`) : `code=x&state=${state}`
      const answer = await post(visitor, form, body, { 'Content-Encoding': encoding })
      await expectRefused(answer, visitor)
      expect(apple.requestsTo('/token')).toHaveLength(0)
    },
  )

  it.each([1, 60])('row 14: refuses a login that is over its 15 minutes by %s seconds', async (seconds) => {
    const visitor = appNamed('unparsed').visitor()
    const authorizeUrl = await beginLogin(visitor)
    const code = apple.issueCode(authorizeUrl)
    await withClockAhead(15 * 60 + seconds, async () => {
      const answer = await postCallback(visitor, { code, state: stateOf(authorizeUrl) })
      await expectRefused(answer, visitor, 'ERR_APPLE_STATE')
      expect((answer.body as { say: string }).say).toMatch(/start again/)
    })
  })

  it('row 15: refuses a GET where form_post was asked for, and the login stays under way', async () => {
    const visitor = appNamed('unparsed').visitor()
    const authorizeUrl = await beginLogin(visitor)
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const answer = await visitor.get('/auth/apple/callback').query(fields)
    await expectRefused(answer, visitor, 'ERR_APPLE_CALLBACK')
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST'])
    expect((await postCallback(visitor, fields)).status).toBe(303)
  })

  it('row 15: takes no relayed GET for a form_post', async () => {
    const visitor = appNamed('unparsed').visitor()
    const authorizeUrl = await beginLogin(visitor)
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl), relayed: 'GET' }
    await expectRefused(await postCallback(visitor, fields), visitor, 'ERR_APPLE_CALLBACK')
  })

  it.each(['put', 'delete', 'patch', 'options', 'head', 'trace'] as const)(
    'row 23: answers %s with 405 and does nothing',
    async (method) => {
      const visitor = appNamed('unparsed').visitor()
      const authorizeUrl = await beginLogin(visitor)
      const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
      const answer = await visitor[method]('/auth/apple/callback').query(fields)
      expect(answer.status).toBe(405)
      expect(apple.requestsTo('/token')).toHaveLength(0)
      expect((await postCallback(visitor, fields)).status).toBe(303)
    },
  )

  it('row 33: says which host the login belongs to when the callback comes to another', async () => {
    const app = appNamed('unparsed')
    const authorizeUrl = await beginLogin(app.visitor())
    const stranger = app.visitor()
    const answer = await stranger
      .post('/auth/apple/callback')
      .set('Host', 'www.elsewhere.example')
      .set('Sec-Fetch-Site', 'same-origin')
      .type('form')
      .send({ code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    await expectRefused(answer, stranger, 'ERR_APPLE_STATE')
    expect((app.errors.at(-1) as Error).message).toMatch(/www\.elsewhere\.example.*localhost/)
  })

  it('row 33: ends at an error, and in no circle, when the callback comes by http instead of https', async () => {
    const app = await TestApp.start(apple.url, {
      first: (express) => express.set('trust proxy', 1),
      options: { redirectUri: 'https://localhost/auth/apple/callback' },
      session: { cookie: { secure: true } },
    })
    const https = { 'X-Forwarded-Proto': 'https' }
    const visitor = app.visitor()
    const begun = await visitor.get('/auth/apple/login').set(https)
    const authorizeUrl = new URL(begun.headers.location ?? '')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    // A browser keeps its Secure cookie back from plain http, as supertest does.
    const answer = await postCallback(visitor, fields)
    await expectRefused(answer, visitor, 'ERR_APPLE_STATE')
    expect(answer.headers.location).toBeUndefined()
    const crossSite = await visitor
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'cross-site')
      .type('form')
      .send(fields)
    expect(crossSite.text).toContain('action="/auth/apple/callback"')
    const relayed = await postCallback(visitor, { ...fields, relayed: 'POST' })
    await expectRefused(relayed, visitor, 'ERR_APPLE_STATE')
    expect([relayed.headers.location, apple.requestsTo('/token').length]).toEqual([undefined, 0])
    const [cookie = ''] = begun.get('Set-Cookie') ?? []
    const over = request(app.url)
      .post('/auth/apple/callback')
      .set(https)
      .set('Cookie', cookie.split(';')[0] ?? '')
    expect((await over.set('Sec-Fetch-Site', 'same-origin').type('form').send(fields)).status).toBe(303)
    await app.stop()
  })

  it('row 34: answers with a 303 that no cache keeps, so that Reload sends no code again', async () => {
    const visitor = appNamed('unparsed').visitor()
    const authorizeUrl = await beginLogin(visitor)
    const answer = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect(answer.status).toBe(303)
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('says so when the body was read and thrown away before the router', async () => {
    const app = await TestApp.start(apple.url, {
      before: (before) => {
        before.use((req, _res, next) => {
          req.resume().on('end', () => {
            next()
          })
        })
      },
    })
    const answer = await postCallback(app.visitor(), { code: 'x', state: 'y' })
    expect(answer.status).toBe(400)
    expect((app.errors[0] as Error).message).toMatch(/mount the router first/)
    await app.stop()
  })
})
