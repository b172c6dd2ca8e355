import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import express, { type Express } from 'express'
import fc from 'fast-check'
import type { AppleNotification } from '../../src/index.js'
import type { TestApp } from '../support/test-app.js'
import { type BuiltToken, buildToken, type TokenTruth } from './built-token.js'
import { type GeneratedNotification, generatedNotification } from './notifications.js'
import { runs } from './runs.js'
import { knownEventsIn, notificationStatus } from './token-rules.js'
import { expectHarmless, useTwoTabs } from './two-tabs.js'
import { type WireAnswer, WireBrowser } from './wire-browser.js'

const { apple, startApp, begin, finish } = useTwoTabs()
const path = '/auth/apple/notifications'
/** What an app may be told of an event. */
const documented = /^(type|notificationId|sub|organizationId|scopes|email|isPrivateEmail|eventTime|audience)$/

afterEach(() => {
  apple.reset()
})

/** Starts an app that keeps what it was told, with somebody signed in who must stay so. */
async function startListening(before?: (app: Express) => unknown) {
  const told: AppleNotification[] = []
  const app = await startApp({
    options: { onNotification: (event) => void told.push(event) },
    ...(before === undefined ? { errorPage: false } : { before }),
  })
  const bystander = new WireBrowser(app.url)
  await finish(bystander, await begin(bystander, '/private'))
  return { app, told, bystander }
}

function post(
  { url }: TestApp,
  { contentType, body }: GeneratedNotification,
  { jwt }: BuiltToken,
): Promise<WireAnswer> {
  const headers = { 'content-type': contentType.text }
  return new WireBrowser(url).send({ method: 'POST', path, headers, body: body.before + jwt + body.after })
}

function truthOf(): TokenTruth {
  const jti = randomBytes(16).toString('base64url')
  return {
    clientId: 'com.example.web',
    issuer: apple.url,
    nonce: 'n',
    jti,
    keys: apple.keys,
    accessTokenHash: undefined,
  }
}

function expectDocumented(event: AppleNotification): void {
  expect(['email-enabled', 'email-disabled', 'consent-revoked', 'account-deleted']).toContain(event.type)
  expect(Object.keys(event).filter((name) => !documented.test(name))).toEqual([])
  expect(event.eventTime.getTime()).toBeLessThanOrEqual(Date.now() + 60_000)
  expect(event.sub ?? event.organizationId).toMatch(/./su)
}

describe('POST /notifications with any body', () => {
  it.each<[string, ((app: Express) => unknown) | undefined]>([
    ['nobody', undefined],
    ['express.json()', (app) => app.use(express.json({ limit: '9mb' }))],
    ['express.raw()', (app) => app.use(express.raw({ type: () => true, limit: '9mb' }))],
  ])('tells the app of exactly the good ones, each once; parsed by %s', async (_parser, before) => {
    const { app, told, bystander } = await startListening(before)
    const seen = new Set<unknown>()
    const property = fc.asyncProperty(generatedNotification, async (generated) => {
      const truth = truthOf()
      const built = buildToken(generated.token, truth)
      const answer = await post(app, generated, built)
      expectHarmless(answer)
      const expected = notificationStatus(generated, built, truth)
      expect([answer.status, answer.headers['set-cookie']]).toEqual([expected, undefined])
      const jti = built.claims.get('jti')
      const isNew = expected === 200 && !seen.has(jti)
      if (isNew) seen.add(jti)
      expect(told).toHaveLength(isNew ? knownEventsIn(built) : 0)
      told.splice(0).forEach(expectDocumented)
      // Apple sends again what it has no answer to.
      expect([(await post(app, generated, built)).status, told]).toEqual([expected, []])
    })
    await fc.assert(property, runs(120))
    expect(await bystander.send({ path: '/private' })).toMatchObject({ status: 200 })
  })
})

describe('/notifications with any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((text) => Buffer.from(text)),
  )
  const request = fc.record({
    method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'),
    type: fc.constantFrom(
      'application/json',
      'application/json;charset=utf-8',
      'application/json;charset=x',
      'text/html',
      ';',
    ),
    encoding: fc.constantFrom(undefined, undefined, 'gzip', 'deflate', 'br', 'x'),
    body: bytes,
  })

  it('refuses them all and tells the app of nothing', async () => {
    const { app, told } = await startListening()
    const property = fc.asyncProperty(request, async ({ method, type, encoding, body }) => {
      const headers = { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) }
      const answer = await new WireBrowser(app.url).send({ method, path, headers, body })
      expectHarmless(answer)
      expect([400, 413, 415]).toContain(answer.status === 405 && method !== 'POST' ? 400 : answer.status)
      expect([answer.headers['set-cookie'], told]).toEqual([undefined, []])
    })
    await fc.assert(property, runs(150))
  })
})
