import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type FaultOptions } from '../../src/simulator/index.js'
import { App, personId } from './support/app.js'
import { RosterReader } from './support/roster-reader.js'

describe('fail', () => {
  let simulator: AppleSimulator
  let reader: RosterReader

  beforeEach(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
    reader = await RosterReader.connect(simulator)
  })

  afterEach(() => simulator.close())

  it.each([400, 401, 403, 404, 500, 503])('answers %d once, without a body, and records why', async (status) => {
    simulator.fail({ endpoint: 'roster', status })
    expect(await reader.get('/users?limit=3')).toMatchObject({ status, text: '' })
    expect(simulator.requests.at(-1)).toMatchObject({
      endpoint: 'roster',
      status,
      path: '/users',
      reason: `fail() asked for ${String(status)}`,
    })
    expect(await reader.status('/users')).toBe(200)
  })

  it.each([
    [7, '7'],
    ['soon', 'soon'],
  ])('sends X-Retry-After %s with 429', async (retryAfterSeconds, sent) => {
    simulator.fail({ status: 429, retryAfterSeconds })
    const { status, headers } = await reader.get('/users')
    expect([status, headers.get('x-retry-after'), headers.get('retry-after')]).toEqual([429, sent, null])
  })

  it('strikes as often as told, in the order of the calls', async () => {
    simulator.fail({ status: 500, times: 2 })
    simulator.fail({ status: 429 })
    const statuses = []
    for (let round = 0; round < 4; round++) statuses.push(await reader.status('/organization'))
    expect(statuses).toEqual([500, 500, 429, 200])
  })

  it('spares paths that begin otherwise', async () => {
    simulator.fail({ path: '/classes', status: 500, times: Infinity })
    expect(await reader.status('/users')).toBe(200)
    for (const path of ['/classes', '/classes/x/users', '/classes?limit=3']) expect(await reader.status(path)).toBe(500)
    expect((await fetch(`${simulator.url}/auth/keys`)).status).toBe(200)
  })

  it('strikes token, revoke and keys, of one service if told so', async () => {
    const app = new App(simulator, 'sign-in-with-apple')
    const { refresh_token } = await app.signIn(personId(simulator, 'Home User'))
    simulator.fail({ endpoint: 'token', status: 503, service: 'account-data-sharing' })
    expect((await app.refresh(refresh_token)).status).toBe(200)
    simulator.fail({ endpoint: 'token', status: 503 })
    expect(await app.refresh(refresh_token)).toMatchObject({ status: 503 })
    expect(simulator.requests.at(-1)).toMatchObject({ endpoint: 'token', service: 'sign-in-with-apple', status: 503 })
    simulator.fail({ endpoint: 'revoke', status: 500 })
    expect(await app.revoke(refresh_token)).toMatchObject({ status: 500 })
    expect((await app.refresh(refresh_token)).status).toBe(200)
    simulator.fail({ endpoint: 'keys', status: 500 })
    expect((await fetch(`${simulator.url}/auth/keys`)).status).toBe(500)
  })

  it('spares the pages that a browser sees', async () => {
    simulator.fail({ status: 500, times: Infinity })
    const app = new App(simulator, 'sign-in-with-apple')
    expect(await app.approve(personId(simulator, 'Home User'))).toMatchObject({ mode: 'form_post' })
  })

  it('answers late, and as usual', async () => {
    simulator.fail({ delayMs: 30 })
    const start = performance.now()
    expect(await reader.status('/users/nobody')).toBe(404)
    // Node's timers may be a millisecond early by this clock.
    expect(performance.now() - start).toBeGreaterThan(28)
    expect(simulator.requests.at(-1)).toMatchObject({
      status: 404,
      reason: 'this organization has no such user; fail() asked for a delay',
    })
    simulator.fail({ delayMs: 1, status: 500 })
    expect(await reader.status('/users')).toBe(500)
  })

  it('keeps silent until the app goes away', async () => {
    simulator.fail({ connection: 'hang' })
    const abort = new AbortController()
    const pending = fetch(`${simulator.url}/rosterapi/v1/users`, { signal: abort.signal })
    while (simulator.requests.at(-1)?.status !== 0) await new Promise(setImmediate)
    abort.abort()
    await expect(pending).rejects.toThrow('aborted')
    expect(simulator.requests.at(-1)).toMatchObject({ status: 0, path: '/users', reason: 'fail() asked for no answer' })
  })

  it.each([{ connection: 'hang' }, { delayMs: 1_000_000 }] as const)('lets close() end %p', async (fault) => {
    simulator.fail({ ...fault, path: '/users' })
    const pending = reader.get('/users').catch((error: unknown) => error)
    // By the time another request is answered, this one has arrived.
    expect(await reader.status('/organization')).toBe(200)
    await simulator.close()
    expect(await pending).toMatchObject({ message: expect.stringMatching(/fetch failed|terminated/) })
  })

  it('cuts the connection', async () => {
    simulator.fail({ connection: 'reset' })
    const error: unknown = await reader.get('/users').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ cause: { code: 'ECONNRESET' } })
    expect(simulator.requests.at(-1)).toMatchObject({ status: 0, reason: 'fail() asked to cut the connection' })
    expect(await reader.status('/users')).toBe(200)
  })

  it('is called off by behave', async () => {
    simulator.fail({ status: 500, times: Infinity })
    expect(await reader.status('/users')).toBe(500)
    simulator.behave()
    expect(await reader.status('/users')).toBe(200)
  })

  it.each([
    [{}, 'needs at least one of status, delayMs and connection'],
    [{ endpoint: 'roster' }, 'needs at least one of status, delayMs and connection'],
    [{ code: 500 }, 'fail has no "code"'],
    [{ endpoint: 'authorize', status: 500 }, 'endpoint must be one of token, revoke, keys, roster'],
    [{ service: 'facebook', status: 500 }, 'service must be one of'],
    [{ service: 'sign-in-with-apple', endpoint: 'roster', status: 500 }, 'service says nothing'],
    [{ path: 'users', status: 500 }, 'path must begin with /'],
    [{ path: '/users', endpoint: 'token', status: 500 }, 'path is for the endpoint roster only'],
    [{ status: 200 }, 'status must be a whole number from 400 to 599'],
    [{ status: 429.5 }, 'status must be a whole number from 400 to 599'],
    [{ status: 500, connection: 'hang' }, 'exclude each other'],
    [{ connection: 'close' }, 'connection must be hang or reset'],
    [{ delayMs: 1, retryAfterSeconds: 3 }, 'retryAfterSeconds needs a status'],
    [{ status: 429, retryAfterSeconds: 'a\r\nb' }, 'printable ASCII'],
    [{ delayMs: -1 }, 'delayMs must be'],
    [{ delayMs: 2 ** 31 }, 'delayMs must be'],
    [{ status: 500, times: 0 }, 'times must be'],
    [{ status: 500, times: 1.5 }, 'times must be'],
  ])('refuses %p', (fault, message) => {
    expect(() => {
      simulator.fail(fault as FaultOptions)
    }).toThrow(message)
  })
})
