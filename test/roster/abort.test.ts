import { getEventListeners } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import type { RosterClient } from '../../src/roster/roster-client.js'
import { until } from '../support/until.js'
import { follow, json, rejection, status, useRoster } from './use-roster.js'

const bench = useRoster()
const reason = new Error('enough')

type Call = (client: RosterClient, signal: AbortSignal) => Promise<unknown>
const calls: [string, Call][] = [
  ['organization', (client, signal) => client.organization({ signal })],
  ['user', (client, signal) => client.user('u', { signal })],
  ['class', (client, signal) => client.class('c', { signal })],
  ['location', (client, signal) => client.location('l', { signal })],
  ['users', (client, signal) => client.users({ signal }).toArray()],
  ['classes', (client, signal) => client.classes({ signal }).toArray()],
  ['classUsers', (client, signal) => client.classUsers('c', { signal }).toArray()],
  ['locations', (client, signal) => client.locations({ signal }).toArray()],
]

describe('an AbortSignal', () => {
  it.each(calls)('that has aborted lets %s ask for nothing', async (_name, call) => {
    expect(await rejection(call(bench.client(), AbortSignal.abort(reason)))).toBe(reason)
    expect(bench.paths).toEqual([])
    expect(bench.renewals).toBe(0)
  })

  it.each(calls)('ends a request of %s', async (_name, call) => {
    const controller = new AbortController()
    let closed = false
    bench.answer((res) => {
      res.on('close', () => (closed = true))
      controller.abort(reason)
    })
    expect(await rejection(call(bench.client(), controller.signal))).toBe(reason)
    await until(() => closed)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it.each([
    ['what Apple told to wait', () => status(429, { 'x-retry-after': '60' })],
    ['a growing wait', () => status(503)],
  ])('ends %s', async (_name, answer) => {
    const controller = new AbortController()
    bench.answer((res) => {
      answer()(res)
      setTimeout(() => {
        controller.abort('a text')
      }, 100)
    })
    expect(await rejection(bench.client().user('u', { signal: controller.signal }))).toBe('a text')
    expect(bench.paths).toHaveLength(1)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it.each(['current', 'renewed'] as const)('ends the waiting for an access token: %s()', async (name) => {
    const controller = new AbortController()
    bench.answer(status(401))
    const never = (): Promise<string> => {
      setTimeout(() => {
        controller.abort(reason)
      }, 20)
      return new Promise(() => undefined)
    }
    const client = bench.client({ ...bench.tokens, [name]: never })
    expect(await rejection(client.user('u', { signal: controller.signal }))).toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('ends a list while the caller works on an item, and the request ahead with it', async () => {
    const controller = new AbortController()
    let closed = false
    bench.answer((res, index) => {
      if (index === 0) json({ users: [{ id: 'a' }, { id: 'b' }], ...follow('2') })(res)
      else res.on('close', () => (closed = true))
    })
    const seen: string[] = []
    const iterating = (async () => {
      for await (const { id } of bench.client().users({ signal: controller.signal })) {
        seen.push(id)
        await until(() => bench.paths.length === 2)
        controller.abort(reason)
      }
    })()
    expect(await rejection(iterating)).toBe(reason)
    expect(seen).toEqual(['a'])
    await until(() => closed)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('ends a list on its last page too', async () => {
    const controller = new AbortController()
    bench.answerPages(1)
    const pages = bench.client().users({ signal: controller.signal }).pages()[Symbol.asyncIterator]()
    await pages.next()
    controller.abort(reason)
    expect(await rejection(pages.next())).toBe(reason)
    expect((await pages.next()).done).toBe(true)
  })

  it('bears one listener however much is read under it, and none afterwards', async () => {
    const { signal } = new AbortController()
    const client = bench.client()
    let most = 0
    bench.answer((res, index, { path }) => {
      most = Math.max(most, getEventListeners(signal, 'abort').length)
      if (path.includes('/users/')) json({ id: 'u' })(res)
      else json({ users: [{ id: String(index) }], ...follow(index < 200 ? String(index) : undefined) })(res)
    })
    await client.users({ signal }).toArray()
    await Promise.all(Array.from({ length: 30 }, () => client.user('u', { signal })))
    expect(bench.paths.length).toBeGreaterThan(230)
    expect(most).toBe(1)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('bears none for a list that was left half-way or forgotten', async () => {
    const { signal } = new AbortController()
    bench.answerPages(5)
    for await (const { id } of bench.client().users({ signal })) {
      expect(id).toBe('user-0')
      break
    }
    const forgotten = bench.client().users({ signal })[Symbol.asyncIterator]()
    await forgotten.next()
    await until(() => getEventListeners(signal, 'abort').length === 0)
  })
})
