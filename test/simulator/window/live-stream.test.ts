import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import express from 'express'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { ExchangeStream } from '../support/exchange-stream.js'

describe('the stream of exchanges', () => {
  let simulator: AppleSimulator

  beforeEach(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
  })
  afterEach(async () => {
    jest.useRealTimers()
    await simulator.close()
  })

  const keys = async () => (await fetch(`${simulator.url}/auth/keys`)).text()
  const since = async () => /data-since="([^"]*)"/.exec(await (await fetch(simulator.url)).text())?.[1] ?? ''

  it('sends what happens after somebody connected, as a row of the page', async () => {
    const stream = await ExchangeStream.open(simulator.url)
    expect(stream.response.statusCode).toBe(200)
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    })
    await keys()
    await stream.until(({ changes }) => changes.length > 0)
    expect(stream.changes[0]).toMatchObject({ group: 'login-0', row: 'exchange-1', news: 'Keys, answered 200' })
    expect(stream.changes[0]?.html).toContain('<li class="exchange app-apple" id="exchange-1">')
    expect(await (await fetch(simulator.url)).text()).toContain(stream.changes[0]?.html)
  })

  it('begins where the page stands, and after a pause where the browser stood', async () => {
    await keys()
    const position = await since()
    await keys()
    await keys()
    const stream = await ExchangeStream.open(simulator.url, position)
    await stream.until(({ changes }) => changes.length === 2)
    expect(stream.changes.map(({ row }) => row)).toEqual(['exchange-2', 'exchange-3'])
    const again = await ExchangeStream.open(simulator.url, position, { 'last-event-id': stream.changes[0]?.id ?? '' })
    await again.until(({ changes }) => changes.length === 1)
    expect(again.changes.map(({ row }) => row)).toEqual(['exchange-3'])
  })

  it.each(['', 'other.1', 'x', '.', `RUN.99`, 'RUN.x', 'RUN.-'])(
    'tells a page of another run to reload: %j',
    async (wrong) => {
      const run = (await since()).split('.')[0] ?? ''
      const stream = await ExchangeStream.open(simulator.url, wrong.replace('RUN', run))
      await stream.until(({ ended }) => ended)
      expect(stream.others).toContain('restart')
    },
  )

  it('says nothing but a heartbeat while nothing happens', async () => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask', 'performance', 'Date'],
    })
    const stream = await ExchangeStream.open(simulator.url)
    jest.advanceTimersByTime(15_000)
    await stream.until(({ others }) => others.includes(':'))
    expect(stream.changes).toEqual([])
  })

  it('counts the pages of one list as one row, which stays where it is', async () => {
    const sharing = new App(simulator, 'account-data-sharing')
    const { access_token } = await sharing.signIn(personId(simulator, 'School Administrator'))
    const headers = { authorization: `Bearer ${access_token}` }
    const stream = await ExchangeStream.open(simulator.url)
    for (let page = 0; page < 5; page++) {
      await (await fetch(`${simulator.url}/rosterapi/v1/users?limit=${String(page + 1)}`, { headers })).text()
    }
    await (await fetch(`${simulator.url}/rosterapi/v1/classes`, { headers })).text()
    await stream.until(({ changes }) => changes.some(({ html }) => html.includes('/rosterapi/v1/classes')))
    const rows = stream.changes.filter(({ html }) => html.includes('/rosterapi/v1/users'))
    expect(new Set(rows.map(({ row }) => row)).size).toBe(1)
    expect(rows.at(-1)?.html).toContain('5 times, the last one shown')
    expect(rows.at(-1)?.html).toContain('<code>limit</code></th>\n<td><code>5</code>')
    expect(rows.at(-1)?.group).toBe('login-1')
  })

  it('keeps a thousand exchanges and no more', async () => {
    for (let round = 0; round < 1010; round++) simulator.behave()
    const position = (await since()).replace(/\.\d+$/, '.0')
    const stream = await ExchangeStream.open(simulator.url, position)
    await stream.until(({ changes }) => changes.length === 1000)
    expect(stream.changes[0]?.group).toBe('note-11')
    expect((await (await fetch(simulator.url)).text()).match(/class="band"/g)).toHaveLength(200)
  })

  it('waits for a reader that is slow, and loses nothing', async () => {
    const stream = await ExchangeStream.open(simulator.url)
    stream.response.pause()
    for (let round = 0; round < 800; round++) simulator.fail({ path: `/${'x'.repeat(50)} `.repeat(5), status: 500 })
    await new Promise((resolve) => setTimeout(resolve, 300))
    stream.response.resume()
    await stream.until(({ changes }) => changes.length === 800)
  })

  it('refuses other sites, and more streams than anybody needs', async () => {
    const other = await fetch(`${simulator.url}/simulator/exchanges`, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(other.status).toBe(403)
    const parts = await fetch(`${simulator.url}/simulator/parts`, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(parts.status).toBe(403)
    const streams = await Promise.all(Array.from({ length: 50 }, () => ExchangeStream.open(simulator.url)))
    expect((await fetch(`${simulator.url}/simulator/exchanges`)).status).toBe(503)
    streams[0]?.close()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const next = await ExchangeStream.open(simulator.url)
    expect(next.response.statusCode).toBe(200)
  })

  it('ends with the simulator, also where that is mounted in another app', async () => {
    const outer = express()
    const server = createServer(outer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    const mounted = createAppleSimulator({ baseUrl: `${origin}/apple` })
    outer.use('/apple', mounted.app)
    const page = await (await fetch(`${origin}/apple`)).text()
    expect(page).toContain('data-stream="/apple/simulator/exchanges" data-parts="/apple/simulator/parts"')
    const stream = await ExchangeStream.open(`${origin}/apple`)
    await mounted.close()
    await stream.until(({ ended }) => ended)
    server.closeAllConnections()
    server.close()
  })
})
