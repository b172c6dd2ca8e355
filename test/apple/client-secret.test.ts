import { createPublicKey, verify } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { signIn } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { p8, TestApp } from '../support/test-app.js'
import { freezeDate, moveDate, thawDate } from './clock.js'

let apple: LoopbackApple
let app: TestApp

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(async () => {
  freezeDate()
  app = await TestApp.start(apple.url)
})
afterEach(async () => {
  await app.stop()
  thawDate()
  apple.reset()
})
afterAll(() => apple.stop())

const now = (): number => Math.floor(Date.now() / 1000)

/** Signs somebody in and gives the client secret that Apple was shown. */
async function shownSecret(): Promise<string> {
  apple.requests.length = 0
  expect((await signIn(apple, app.visitor())).status).toBe(303)
  const [request] = apple.requestsTo('/auth/token')
  return request?.form.get('client_secret') ?? ''
}

function decode(jwt: string): { header: object; claims: { iat: number; exp: number }; signature: Buffer } {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const parse = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
  return {
    header: parse(header) as object,
    claims: parse(claims) as { iat: number; exp: number },
    signature: Buffer.from(signature, 'base64url'),
  }
}

describe('the client secret at the token endpoint (catalogue row 109)', () => {
  it('is signed by the key, as the 64 bytes of r and s', async () => {
    const secret = await shownSecret()
    const { signature } = decode(secret)
    const signed = Buffer.from(secret.slice(0, secret.lastIndexOf('.')))
    expect(signature).toHaveLength(64)
    const key = createPublicKey(p8)
    expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
    expect(verify('sha256', Buffer.from('else'), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(false)
  })

  it('names its algorithm and key, and nothing else that Apple does not ask for', async () => {
    expect(decode(await shownSecret()).header).toEqual({ alg: 'ES256', kid: 'KEY1234567' })
  })

  it('says what Apple asks for: team, client, times in seconds, and always the same audience', async () => {
    const { claims } = decode(await shownSecret())
    expect(claims).toEqual({
      iss: 'TEAM123456',
      iat: now(),
      exp: expect.any(Number),
      aud: 'https://appleid.apple.com',
      sub: 'com.example.web',
    })
  })

  it('ends after now and within six months, with room for a clock that is wrong', async () => {
    const { claims } = decode(await shownSecret())
    expect(claims.exp).toBeGreaterThan(now() + 600)
    expect(claims.exp).toBeLessThan(now() + 15_777_000 - 600)
    expect(Number.isInteger(claims.exp)).toBe(true)
  })

  it('stands in the body alone, beside the client id', async () => {
    const secret = await shownSecret()
    const [request] = apple.requestsTo('/auth/token')
    expect(request?.form.getAll('client_secret')).toEqual([secret])
    expect(request?.form.getAll('client_id')).toEqual(['com.example.web'])
    expect(request?.path).not.toContain('?')
    expect(request?.headers.authorization).toBeUndefined()
    expect(JSON.stringify(request?.headers)).not.toContain(secret)
  })

  it('is the same at revocation', async () => {
    apple.requests.length = 0
    const visitor = app.visitor()
    await signIn(apple, visitor)
    await visitor.post('/auth/apple/logout')
    const [login, logout] = [...apple.requestsTo('/auth/token'), ...apple.requestsTo('/auth/revoke')]
    expect(logout?.form.get('client_secret')).toBe(login?.form.get('client_secret'))
    expect(logout?.form.get('client_id')).toBe('com.example.web')
  })
})

describe('the client secret over time (catalogue row 109)', () => {
  it('is the same for many logins', async () => {
    const secrets = new Set<string>()
    for (let login = 0; login < 10; login++) {
      secrets.add(await shownSecret())
      moveDate({ seconds: 10 })
    }
    expect(secrets.size).toBe(1)
  })

  it('is one for logins at the same time', async () => {
    await Promise.all(Array.from({ length: 5 }, () => signIn(apple, app.visitor())))
    const secrets = apple.requestsTo('/auth/token').map(({ form }) => form.get('client_secret'))
    expect(secrets).toHaveLength(5)
    expect(new Set(secrets).size).toBe(1)
  })

  it('is new before its life is over, so that Apple never sees an old one', async () => {
    const first = decode(await shownSecret()).claims
    moveDate({ seconds: first.exp - now() - 60 })
    const second = decode(await shownSecret()).claims
    expect(second.iat).toBe(now())
    expect(second.exp).toBeGreaterThan(first.exp)
  })

  it('is new after a long silence', async () => {
    await shownSecret()
    moveDate({ hours: 24 * 200 })
    const { iat, exp } = decode(await shownSecret()).claims
    expect(iat).toBe(now())
    expect(exp).toBeGreaterThan(now())
  })

  it('is not from the future when the clock is set back', async () => {
    await shownSecret()
    moveDate({ hours: -2 })
    expect(decode(await shownSecret()).claims.iat).toBe(now())
  })
})
