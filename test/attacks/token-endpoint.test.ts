import { createServer as createTlsServer } from 'node:https'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Response } from 'supertest'
import { AppleTokenError, AppleUnavailableError } from '../../src/index.js'
import { expectNoSecret, expectRefused, expectUsedUp } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url, { options: { httpTimeoutMs: 1000 } })
})
afterEach(() => {
  apple.reset()
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

/** The token endpoint answers so, once. */
function answerToken(answer: (res: ServerResponse) => void): void {
  apple.misbehave = ({ path }, res) => {
    if (!path.endsWith('/token')) return false
    answer(res)
    return true
  }
}

async function failedLogin(): Promise<{ answer: Response; error: unknown }> {
  const visitor = app.visitor()
  const authorizeUrl = await beginLogin(visitor)
  const code = apple.issueCode(authorizeUrl)
  const answer = await postCallback(visitor, { code, state: stateOf(authorizeUrl) })
  await expectRefused(answer, visitor)
  const error = app.errors.at(-1)
  const printed = inspect(error, { depth: 9, showHidden: true })
  expectNoSecret(printed)
  expect(printed).not.toContain(code)
  const misbehave = apple.misbehave
  apple.misbehave = () => false
  await expectUsedUp(apple, visitor, authorizeUrl)
  apple.misbehave = misbehave
  expect(apple.requestsTo('/token')).toHaveLength(1)
  return { answer, error }
}

const json = { 'content-type': 'application/json;charset=UTF-8' }

describe('the token endpoint (catalogue section 5): refusals, and no secret in them (row 112)', () => {
  it('row 101: tells the visitor to try again and the operator what Apple said', async () => {
    answerToken((res) =>
      res.writeHead(400, json).end('{"error":"invalid_grant","error_description":"The code has already been used."}'),
    )
    const { answer, error } = await failedLogin()
    expect(answer.status).toBe(400)
    expect(answer.text).not.toMatch(/invalid_grant|already been used/)
    expect(error).toMatchObject({
      appleError: 'invalid_grant',
      details: { appleDescription: 'The code has already been used.' },
    })
  })

  it('rows 101 and 110: explains invalid_client with a checklist, the secret’s claims and the clocks', async () => {
    const theirs = new Date(Date.now() - 600_000).toUTCString()
    answerToken((res) => res.writeHead(400, { ...json, date: theirs }).end('{"error":"invalid_client"}'))
    const { error } = await failedLogin()
    expect(error).toBeInstanceOf(AppleTokenError)
    const { details } = error as AppleTokenError
    expect(details.clientSecret).toMatchObject({
      alg: 'ES256',
      kid: 'KEY1234567',
      iss: 'TEAM123456',
      sub: 'com.example.web',
      aud: 'https://appleid.apple.com',
    })
    expect(Math.abs(Number(details.clockDifferenceSeconds) - 600)).toBeLessThan(5)
    expect((details.checklist as string[]).join('\n')).toMatch(/clock/)
  })

  it.each(['invalid_request', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope'])(
    'row 101: names %s',
    async (code) => {
      answerToken((res) => res.writeHead(400, json).end(JSON.stringify({ error: code })))
      expect((await failedLogin()).error).toMatchObject({ appleError: code, status: 424 })
    },
  )

  it('row 101: takes a 200 with an error body for a failure', async () => {
    answerToken((res) => res.writeHead(200, json).end('{"error":"invalid_grant"}'))
    expect((await failedLogin()).error).toBeInstanceOf(AppleUnavailableError)
  })
})

describe('the token endpoint (catalogue section 5): answers that are none', () => {
  it.each([
    [500, '<html>Internal error</html>', { 'content-type': 'text/html' }],
    [503, '', {}],
    [429, '', { 'retry-after': '1' }],
    [404, 'no', { 'content-type': 'text/plain' }],
    [204, '', {}],
  ])('row 102: fails cleanly on %s, and tries no code twice', async (status, body, headers) => {
    answerToken((res) => res.writeHead(status, headers).end(body))
    expect((await failedLogin()).error).toBeInstanceOf(AppleUnavailableError)
  })

  const good = { access_token: 'a', token_type: 'Bearer', expires_in: 3600 }
  it.each([
    ['no JSON', '{"access_token":"a', json],
    ['a list', '[]', json],
    ['null', 'null', json],
    ['a text', '"x"', json],
    ['HTML by its type', JSON.stringify(good), { 'content-type': 'text/html' }],
    ['plain text by its type', JSON.stringify(good), { 'content-type': 'text/plain' }],
    ['without a type', JSON.stringify(good), {}],
    ['without access_token', JSON.stringify({ ...good, access_token: undefined }), json],
    ['with an access_token that is an object', JSON.stringify({ ...good, access_token: {} }), json],
    ['without token_type', JSON.stringify({ ...good, token_type: undefined }), json],
    ['of token_type mac', JSON.stringify({ ...good, token_type: 'mac' }), json],
    ['of token_type DPoP', JSON.stringify({ ...good, token_type: 'DPoP' }), json],
    ['with a refresh_token that is a list', JSON.stringify({ ...good, refresh_token: [] }), json],
    ['with a negative life', JSON.stringify({ ...good, expires_in: -1 }), json],
  ])('rows 103, 104 and 106: refuses an answer %s', async (_name, body, headers) => {
    answerToken((res) => res.writeHead(200, headers).end(body))
    expect((await failedLogin()).error).toBeInstanceOf(AppleUnavailableError)
  })

  it('fails on an answer without an id_token, as Sign in with Apple always sends one', async () => {
    answerToken((res) => res.writeHead(200, json).end(JSON.stringify(good)))
    expect((await failedLogin()).error).toMatchObject({ code: 'ERR_APPLE_ID_TOKEN' })
  })

  it.each([
    ['BEARER', { token_type: 'BEARER' }],
    ['no life and no refresh token', { expires_in: undefined, refresh_token: undefined }],
    ['a life as text', { expires_in: '3600' }],
    ['members nobody knows', { scope: 'name', extra: { deep: 1 } }],
  ])('row 105: takes %s', async (_name, answer) => {
    apple.tokenAnswer = answer
    const visitor = app.visitor()
    expect((await signIn(apple, visitor)).status).toBe(303)
    expect((await visitor.get('/private')).status).toBe(200)
  })

  it('row 106: bounds a life of centuries to a day', async () => {
    const bounded = await TestApp.start(apple.url, {
      routes: (routes) => routes.get('/expires', (req, res) => res.json(req.apple.tokens?.expiresAt)),
    })
    apple.tokenAnswer = { expires_in: 1e300 }
    const visitor = bounded.visitor()
    await signIn(apple, visitor)
    const { body } = await visitor.get('/expires')
    expect(typeof body).toBe('string')
    const left = new Date(body as string).getTime() - Date.now()
    expect(left).toBeLessThanOrEqual(24 * 3600 * 1000)
    expect(left).toBeGreaterThan(23 * 3600 * 1000)
    await bounded.stop()
  })
})

describe('the token endpoint (catalogue section 5): size, time and trust', () => {
  it('row 108: reads no more than a mebibyte', async () => {
    answerToken((res) => {
      res.writeHead(200, json)
      const write = (): void => {
        // Stops when the other side hangs up, or after 10 MB.
        for (let count = 0; count < 160 && !res.destroyed; count += 1) res.write('x'.repeat(65_536))
        res.end()
      }
      write()
    })
    const { error } = await failedLogin()
    expect((error as Error).message).toMatch(/more than 1048576 bytes/)
  })

  it.each<[string, (res: ServerResponse) => void]>([
    ['hangs', () => undefined],
    [
      'hangs after the head',
      (res) => {
        res.writeHead(200, json).flushHeaders()
      },
    ],
    [
      'drips',
      (res) => {
        drip(res.writeHead(200, json))
      },
    ],
  ])('row 108: ends at the deadline when Apple %s', async (_name, answer) => {
    answerToken(answer)
    expect(((await failedLogin()).error as Error).message).toMatch(
      /within 1000 ms \(httpTimeoutMs, APPLE_HTTP_TIMEOUT_MS\)/,
    )
  })

  it.each<[string, (res: ServerResponse) => void]>([
    ['resets', (res) => res.socket?.resetAndDestroy()],
    [
      'resets in the middle',
      (res) => {
        res.writeHead(200, json).write('{"acc', () => res.socket?.resetAndDestroy())
      },
    ],
    [
      'stops short',
      (res) => {
        res.writeHead(200, { ...json, 'content-length': '500' }).write('{"acc', () => res.destroy())
      },
    ],
  ])('row 108: fails when Apple %s', async (_name, answer) => {
    answerToken(answer)
    expect((await failedLogin()).error).toMatchObject({ code: 'ERR_APPLE_UNAVAILABLE' })
  })

  it('follows no redirect, and takes no code or secret elsewhere', async () => {
    const elsewhere = await LoopbackApple.start()
    for (const status of [301, 302, 303, 307, 308]) {
      apple.reset()
      answerToken((res) => res.writeHead(status, { location: `${elsewhere.url}/auth/token` }).end())
      expect(((await failedLogin()).error as Error).message).toMatch(/redirect/)
    }
    expect(elsewhere.requests).toEqual([])
    await elsewhere.stop()
  })

  it('row 113: refuses a server whose certificate nobody vouches for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'self-signed-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, '-keyout', key, '-out', cert],
      { stdio: 'ignore' },
    )
    const asked: string[] = []
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (req, res) => {
      asked.push(String(req.url))
      res.end()
    })
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    const baseUrl = `https://localhost:${String((server.address() as AddressInfo).port)}`
    const distrustful = await TestApp.start(apple.url, { options: { baseUrl } })
    const visitor = distrustful.visitor()
    await expectRefused(await signIn(apple, visitor), visitor, 'ERR_APPLE_UNAVAILABLE')
    expect(asked).toEqual([])
    await distrustful.stop()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    rmSync(folder, { recursive: true })
  })
})

/** One byte at a time, until the other side hangs up. */
function drip(res: ServerResponse): void {
  const timer = setInterval(() => res.write(' '), 20)
  res.on('close', () => {
    clearInterval(timer)
  })
}
