import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type AppleSimulatorOptions } from '../../../src/simulator/index.js'
import { App, personId, redirectUri } from '../support/app.js'
import { NotificationReceiver, type Reply } from '../support/notification-receiver.js'

/** Longer than any test lasts: only close() ends such a wait. */
const forever = 2 ** 31 - 1

describe('createOutbox', () => {
  let simulator: AppleSimulator
  let receiver: NotificationReceiver
  let home: string

  beforeEach(async () => {
    receiver = await NotificationReceiver.start()
  })
  afterEach(async () => {
    jest.useRealTimers()
    await simulator.close()
    await receiver.close()
  })

  async function start(options: AppleSimulatorOptions = {}): Promise<void> {
    simulator = createAppleSimulator({ notificationRetryWaitsMs: [1, 1, 1], ...options })
    await simulator.listen()
    register(receiver.url)
    home = personId(simulator, 'Home User')
  }

  const register = (notificationUrl: string) =>
    simulator.createClient({ service: 'sign-in-with-apple', redirectUris: [redirectUri], notificationUrl })

  const tell = (type = 'consent-revoked') => simulator.notify({ type, personId: home })

  it.each<[string, Reply, number]>([
    ['500', 500, 500],
    ['404', 404, 404],
    ['204, which is not 200', 204, 204],
    ['a redirect, which it does not follow', 307, 307],
    ['a cut connection', 'cut', 0],
    ['half an answer', 'half', 0],
    ['another protocol', 101, 0],
  ])('sends the same JWT again after %s', async (_case, reply, status) => {
    await start()
    receiver.replies = [reply, reply]
    expect(await tell()).toMatchObject({ attempts: 3, status: 200 })
    const [first, second, third] = receiver.arrivals
    expect([second?.jwt, third?.jwt]).toEqual([first?.jwt, first?.jwt])
    expect(receiver.arrivals.map(({ path }) => path)).toEqual(Array(3).fill('/notifications'))
    receiver.replies = Array<Reply>(4).fill(reply)
    expect(await tell()).toMatchObject({ attempts: 4, status })
    expect(receiver.arrivals).toHaveLength(7)
  })

  it('tries once where there are no waits', async () => {
    await start({ notificationRetryWaitsMs: [] })
    receiver.replies = [503]
    expect(await tell()).toMatchObject({ attempts: 1, status: 503 })
  })

  it('waits as long as told between the attempts', async () => {
    await start({ notificationRetryWaitsMs: [150, 50] })
    receiver.replies = [500, 500]
    const began = performance.now()
    await tell()
    expect(performance.now() - began).toBeGreaterThanOrEqual(198)
  })

  it('gives up on an app that nobody serves', async () => {
    await start()
    await receiver.close()
    expect(await tell()).toMatchObject({ attempts: 4, status: 0 })
    receiver = await NotificationReceiver.start()
  })

  it('counts ten seconds without an answer as none', async () => {
    await start({ notificationRetryWaitsMs: [] })
    receiver.replies = ['hang']
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setInterval', 'performance'] })
    const told = tell()
    await receiver.nth(1)
    jest.advanceTimersByTime(9_999)
    expect(simulator.notifications).toMatchObject([{ attempts: 1, status: 0 }])
    expect(jest.getTimerCount()).toBe(1)
    jest.advanceTimersByTime(1)
    expect(await told).toMatchObject({ attempts: 1, status: 0 })
    expect(jest.getTimerCount()).toBe(0)
  })

  it('uses a new connection each time, and leaves none open', async () => {
    await start()
    await tell()
    expect((await receiver.nth(1)).headers.connection).toBe('close')
  })

  it('sends twenty at once, in the order of the calls', async () => {
    await start()
    receiver.replies = Array<Reply>(20).fill('hang')
    const all = Array.from({ length: 30 }, (_, index) => tell(`type-${String(index)}`))
    await receiver.nth(20)
    expect(simulator.notifications.map(({ attempts }) => attempts)).toEqual([
      ...Array<number>(20).fill(1),
      ...Array<number>(10).fill(0),
    ])
    await simulator.close()
    const results = await Promise.all(all)
    expect(results.map(({ status }) => status)).toEqual(Array(30).fill(0))
    expect(results.map(({ attempts }) => attempts)).toEqual([
      ...Array<number>(20).fill(1),
      ...Array<number>(10).fill(0),
    ])
    expect(receiver.mostWaiting).toBe(20)
  })

  describe('close', () => {
    it('ends an attempt that hangs, and resolves with what became of it', async () => {
      await start()
      receiver.replies = ['hang']
      const told = tell()
      await receiver.nth(1)
      await simulator.close()
      expect(await told).toMatchObject({ attempts: 1, status: 0 })
    })

    it('ends the wait for the next attempt', async () => {
      await start({ notificationRetryWaitsMs: [forever] })
      receiver.replies = [500]
      const told = tell()
      await receiver.nth(1)
      while (simulator.notifications[0]?.status !== 500) await new Promise(setImmediate)
      await simulator.close()
      expect(await told).toMatchObject({ attempts: 1, status: 500 })
    })

    it('ends dozens at once, so that a process ends by itself, without a word', async () => {
      await start()
      receiver.replies = Array<Reply>(60).fill(500).fill('hang', 40)
      const program = 'test/simulator/support/closing-program.ts'
      const child = spawn(process.execPath, ['--import', 'tsx', program, receiver.url])
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
      // 'close' rather than 'exit': then all output has arrived.
      const code = await new Promise((resolve) => child.once('close', resolve))
      expect([code, output]).toEqual([0, '60 given up\n'])
    }, 60_000)

    it('lets nothing be sent until it listens again', async () => {
      await start({ baseUrl: 'https://apple.test' })
      await simulator.close()
      await expect(tell()).rejects.toThrow('The Apple simulator is closed, so it sends no notification.')
      await simulator.listen()
      expect(await tell()).toMatchObject({ status: 200 })
      expect((await receiver.nth(1)).claims.iss).toBe('https://apple.test')
    })
  })

  it('stays closed for apps of a simulator that is mounted elsewhere, whose consents still end', async () => {
    const server = createServer((req, res) => {
      simulator.app(req, res)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    simulator = createAppleSimulator({ baseUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` })
    const app = new App(simulator, 'sign-in-with-apple', { notificationUrl: receiver.url })
    home = personId(simulator, 'Home User')
    const tokens = await app.signIn(home)
    expect(await tell('something-new')).toMatchObject({ status: 200 })
    await simulator.close()
    await expect(tell()).rejects.toThrow('The Apple simulator is closed')
    expect((await app.refresh(tokens.refresh_token)).status).toBe(200)
    expect((await app.revoke(tokens.refresh_token)).status).toBe(200)
    expect((await app.refresh(tokens.refresh_token)).status).toBe(400)
    expect(simulator.notifications).toHaveLength(1)
    server.closeAllConnections()
    server.close()
  })

  describe('the log', () => {
    it('keeps the latest thousand, oldest first', async () => {
      await start({ notificationRetryWaitsMs: [] })
      await receiver.close()
      const all = Array.from({ length: 1003 }, (_, index) => tell(`type-${String(index)}`))
      await Promise.all(all)
      const types = simulator.notifications.map(({ type }) => type)
      expect(types).toHaveLength(1000)
      expect([types[0], types[999]]).toEqual(['type-3', 'type-1002'])
      receiver = await NotificationReceiver.start()
    })

    it('holds no token and no JWT, and cannot be changed', async () => {
      await start()
      const app = new App(simulator, 'account-data-sharing', { notificationUrl: receiver.url })
      const tokens = await app.signIn(personId(simulator, 'School Administrator'))
      await app.revoke(tokens.refresh_token)
      const { jwt } = await receiver.nth(1)
      const recorded = JSON.stringify([simulator.notifications, simulator.requests])
      const [, , signature = ''] = jwt.split('.')
      for (const secret of [signature, tokens.access_token, tokens.refresh_token]) {
        expect(recorded).not.toContain(secret)
      }
      const names = ['id', 'type', 'clientId', 'personId', 'organizationId', 'attempts', 'status', 'at']
      expect(Object.keys(simulator.notifications[0] ?? {})).toEqual(names)
      expect(Object.isFrozen(simulator.notifications[0])).toBe(true)
    })
  })
})
