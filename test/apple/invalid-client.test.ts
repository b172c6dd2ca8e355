import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { type AppleAuthOptions, AppleTokenError } from '../../src/index.js'
import { makeSecret } from '../config/make-secret.js'
import { signIn } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { p8, TestApp } from '../support/test-app.js'

let apple: LoopbackApple
beforeAll(async () => {
  apple = await LoopbackApple.start()
})
afterEach(() => {
  apple.reset()
})
afterAll(() => apple.stop())

/** The error of a login while Apple does not accept our client secret, its clock being so many seconds off. */
async function refusedLogin(options: AppleAuthOptions = {}, clockSeconds = 0): Promise<AppleTokenError> {
  const app = await TestApp.start(apple.url, { options })
  apple.misbehave = ({ path }, res) => {
    if (!path.endsWith('/token')) return false
    const date = new Date(Date.now() + clockSeconds * 1000).toUTCString()
    res.writeHead(400, { 'content-type': 'application/json', date }).end('{"error":"invalid_client"}')
    return true
  }
  const answer = await signIn(apple, app.visitor())
  await app.stop()
  expect(answer.status).toBe(424)
  expect(answer.text).not.toMatch(/invalid_client|TEAM|KEY/)
  const [error] = app.errors
  if (error instanceof AppleTokenError) return error
  throw new Error('no AppleTokenError', { cause: error })
}

describe('invalid_client from Apple (row 101)', () => {
  it('tells the operator what our client secret says, without the secret', async () => {
    const error = await refusedLogin()
    expect(error).toMatchObject({
      appleError: 'invalid_client',
      details: { appleError: 'invalid_client', status: 400 },
    })
    expect(error.details.clientSecret).toEqual({
      alg: 'ES256',
      kid: 'KEY1234567',
      iss: 'TEAM123456',
      sub: 'com.example.web',
      aud: 'https://appleid.apple.com',
      iat: expect.any(Number),
      exp: expect.any(Number),
    })
    const sent = apple.requestsTo('/token')[0]?.form.get('client_secret') ?? ''
    const shown = inspect(error, { depth: Infinity, showHidden: true })
    for (const secret of [...sent.split('.'), p8.split('\n')[1] ?? '']) expect(shown).not.toContain(secret)
  })

  it.each([
    ['sign-in-with-apple', 'Sign in with Apple'],
    ['account-data-sharing', 'Account & Organizational Data Sharing'],
  ] as const)('gives a checklist that names every setting, for %s', async (service, capability) => {
    const options: AppleAuthOptions = { service, responseMode: 'form_post' }
    const { checklist } = (await refusedLogin(options)).details as { checklist: string[] }
    const text = checklist.join('\n')
    expect(text).toContain(capability)
    for (const name of ['APPLE_CLIENT_ID', 'APPLE_TEAM_ID', 'APPLE_KEY_ID', 'clock']) expect(text).toContain(name)
  })

  it('gives another checklist for a ready-made client secret, and shows nothing of it', async () => {
    const jwt = makeSecret()
    const error = await refusedLogin({ privateKey: undefined, clientSecret: jwt })
    const { checklist } = error.details as { checklist: string[] }
    expect(checklist.join('\n')).toContain('APPLE_CLIENT_SECRET')
    expect(checklist.join('\n')).not.toContain('APPLE_KEY_ID')
    expect(error.details.clientSecret).toMatchObject({ sub: 'com.example.web', exp: expect.any(Number) })
    for (const part of jwt.split('.')) expect(JSON.stringify(error.details)).not.toContain(part)
  })

  it.each([
    [-600, 600],
    [600, -600],
  ])("says how far the clocks differ when Apple's is %d seconds off (row 110)", async (clockSeconds, difference) => {
    const { clockDifferenceSeconds } = (await refusedLogin({}, clockSeconds)).details
    expect(Math.abs(Number(clockDifferenceSeconds) - difference)).toBeLessThan(60)
  })
})
