import { describe, expect, it } from '@jest/globals'
import type { RosterUser } from '../../src/roster/user.js'
import { until } from '../support/until.js'
import { follow, json, rejection, status, useRoster } from './use-roster.js'

const bench = useRoster()

/** Long enough for a request that should not come. */
function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100))
}

function ids(users: readonly RosterUser[]): string[] {
  return users.map(({ id }) => id)
}

describe('a list of the Roster API', () => {
  it('gives all pages’ items in order', async () => {
    bench.answerInTurn(
      json({ users: [{ id: 'a' }, { id: 'b' }], ...follow('2') }),
      json({ users: [], ...follow('3') }),
      json({ users: [{ id: 'c' }], ...follow(undefined) }),
    )
    expect(ids(await bench.client().users().toArray())).toEqual(['a', 'b', 'c'])
    expect(bench.paths).toEqual(['/users', '/users?pageToken=2', '/users?pageToken=3'])
  })

  it('gives pages as Apple sent them', async () => {
    bench.answerInTurn(
      json({ users: [{ id: 'a' }, { id: 'b' }], ...follow('2') }),
      json({ users: [], ...follow('3') }),
      json({ users: [{ id: 'c' }] }),
    )
    const pages: string[][] = []
    for await (const page of bench.client().users().pages()) pages.push(ids(page))
    expect(pages).toEqual([['a', 'b'], [], ['c']])
  })

  it('asks for nothing before it is iterated, and anew whenever it is', async () => {
    bench.answerPages(3)
    const list = bench.client().users()
    const pages = list.pages()
    await aWhile()
    expect(bench.paths).toEqual([])
    const all = ['user-0', 'user-1', 'user-2']
    expect(ids(await list.toArray())).toEqual(all)
    expect(ids(await list.toArray())).toEqual(all)
    for (const expected of [all, all]) {
      const seen: string[] = []
      for await (const page of pages) seen.push(...ids(page))
      expect(seen).toEqual(expected)
    }
    expect(bench.paths).toHaveLength(12)
  })

  it('fetches one page ahead while the caller works, and never two', async () => {
    bench.answerPages(10)
    const pages = bench.client().users().pages()[Symbol.asyncIterator]()
    await pages.next()
    await until(() => bench.paths.length === 2)
    await aWhile()
    expect(bench.paths).toHaveLength(2)
    await pages.next()
    await until(() => bench.paths.length === 3)
    await aWhile()
    expect(bench.paths).toHaveLength(3)
    await pages.return?.()
  })

  it('gives each item once to callers that do not wait for each other', async () => {
    bench.answer((res, index) => {
      const users = [{ id: `a${String(index)}` }, { id: `b${String(index)}` }]
      json({ users, ...follow(index < 2 ? String(index) : undefined) })(res)
    })
    const items = bench.client().users()[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 8 }, () => items.next()))
    const got = results.map(({ value }) => (value as RosterUser | undefined)?.id)
    expect(got).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2', undefined, undefined])
  })

  it('keeps the pages before a failure', async () => {
    bench.answerInTurn(json({ users: [{ id: 'a' }, { id: 'b' }], ...follow('2') }), status(403))
    const seen: string[] = []
    const error = await rejection(
      (async () => {
        for await (const { id } of bench.client().users()) {
          await aWhile()
          seen.push(id)
        }
      })(),
    )
    expect(seen).toEqual(['a', 'b'])
    expect(error).toMatchObject({ appleStatus: 403 })
  })

  it('is over after a failure', async () => {
    bench.answer(status(403))
    const items = bench.client().users()[Symbol.asyncIterator]()
    expect(await rejection(items.next())).toMatchObject({ appleStatus: 403 })
    expect(await items.next()).toEqual({ done: true, value: undefined })
    expect(bench.paths).toHaveLength(1)
  })
})

describe('a list that is left early', () => {
  it.each(['items', 'pages'] as const)('stops the request ahead, its failure unseen: %s', async (kind) => {
    let aborted = 0
    bench.answer((res, index) => {
      if (index === 0) json({ users: [{ id: 'a' }, { id: 'b' }], ...follow('2') })(res)
      else res.on('close', () => (aborted += 1))
    })
    const list = bench.client().users()
    for await (const first of kind === 'items' ? list : list.pages()) {
      expect(first).toBeDefined()
      await until(() => bench.paths.length === 2)
      break
    }
    await until(() => aborted === 1)
    expect(bench.paths).toHaveLength(2)
  })

  it('forgets a request ahead that has failed already', async () => {
    bench.answerInTurn(json({ users: [{ id: 'a' }], ...follow('2') }), status(403))
    for await (const { id } of bench.client().users()) {
      expect(id).toBe('a')
      await until(() => bench.paths.length === 2)
      await aWhile()
      break
    }
    await aWhile()
  })

  it('stops waiting for the next attempt', async () => {
    bench.answerInTurn(json({ users: [{ id: 'a' }], ...follow('2') }), status(429, { 'x-retry-after': '1' }))
    for await (const { id } of bench.client().users()) {
      expect(id).toBe('a')
      await until(() => bench.paths.length === 2)
      await aWhile()
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(bench.paths).toHaveLength(2)
  })

  it.each(['items', 'pages'] as const)('ends whoever waits for a page just then: %s', async (kind) => {
    bench.answer(() => undefined)
    const list = bench.client().users()
    const iterator = (kind === 'items' ? list : list.pages())[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await until(() => bench.paths.length === 1)
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('was perhaps never begun', async () => {
    const iterator = bench.client().users()[Symbol.asyncIterator]()
    await iterator.return?.()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(bench.paths).toEqual([])
  })

  it('gives nothing more of its page', async () => {
    bench.answer(json({ users: [{ id: 'a' }, { id: 'b' }] }))
    const iterator = bench.client().users()[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.return?.()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })
})

describe('a list without an end', () => {
  it.each([
    ['the same token always', () => 'again'],
    ['two tokens in turn', (index: number) => String(index % 2)],
    ['a circle that it enters late', (index: number) => String(index < 20 ? index : 20 + (index % 7))],
  ])('is a typed error at the first token that comes again: %s', async (_name, token) => {
    const tokens: string[] = []
    bench.answer((res, index) => {
      tokens.push(token(index))
      json({ users: [{ id: String(index) }], ...follow(token(index)) })(res)
    })
    const error = await rejection(bench.client().users().toArray())
    expect(error).toMatchObject({ code: 'ERR_APPLE_ROSTER', details: { path: '/users' } })
    expect((error as Error).message).toMatch(/nextPageToken that it had sent before/)
    expect(new Set(tokens).size).toBe(tokens.length - 1)
  })

  it('is a typed error after a thousand empty pages', async () => {
    bench.answer((res, index) => {
      json({ users: [], ...follow(`token-${String(index)}`) })(res)
    })
    const error = await rejection(bench.client().users().toArray())
    expect((error as Error).message).toMatch(/1000 empty pages in a row/)
    expect(bench.paths).toHaveLength(1000)
  }, 30_000)

  it('is not one that has many empty pages among others', async () => {
    bench.answer((res, index) => {
      const users = index % 600 === 599 ? [{ id: String(index) }] : []
      json({ users, ...follow(index < 1300 ? `token-${String(index)}` : undefined) })(res)
    })
    expect(await bench.client().users().toArray()).toHaveLength(2)
  }, 30_000)
})
