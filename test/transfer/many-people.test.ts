import { getEventListeners } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import type { AppleTransferProgress } from '../../src/index.js'
import { rejectionOf } from '../support/schools.js'
import { until } from '../support/until.js'
import { type Answer, hang, json, moved, status, useMigration } from './migration-bench.js'
import { collect, takerTeam } from './two-teams.js'

const bench = useMigration()
const targetTeamId = takerTeam
const people = Array.from({ length: 40 }, (_, index) => `person-${String(index)}`)
const invalidClient = json({ error: 'invalid_client' }, 400)

function asked(): (string | null)[] {
  return bench.migrationRequests.map(({ form }) => form.get('sub'))
}

/** Answers about these people in their own way, and about the others as usual. */
function about(...special: (readonly [sub: string, answer: Answer])[]): void {
  bench.answer('migration', (res, index, request) => {
    const [, answer = moved] = special.find(([sub]) => sub === request.form.get('sub')) ?? []
    answer(res, index, request)
  })
}

/** People one after the other; says how many were taken, and whether the rest was given back. */
class Source implements AsyncIterable<string> {
  taken = 0
  isClosed = false

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    try {
      for (const person of people) {
        await Promise.resolve()
        this.taken += 1
        yield person
      }
    } finally {
      this.isClosed = true
    }
  }
}

describe('people', () => {
  it.each([
    ['a list', () => people],
    ['a set', () => new Set(people)],
    ['an iterable that is not there at once', () => new Source()],
  ])('may be %s', async (_name, make) => {
    const { all, thrown } = await collect(bench.instance().transfer.transferSubs(make(), { targetTeamId }))
    expect(thrown).toBeUndefined()
    expect(all).toHaveLength(40)
    expect(all).toContainEqual({ sub: 'person-7', transferSub: 'moved-person-7' })
  })

  it('may be nobody: then nothing is asked', async () => {
    expect(await collect(bench.instance().transfer.exchangeAll([]))).toEqual({ all: [], thrown: undefined })
    expect(bench.apple.requests).toEqual([])
  })

  it('are taken only as they are worked on, and none before the first result is asked for', async () => {
    const source = new Source()
    const results = bench
      .instance()
      .transfer.transferSubs(source, { targetTeamId, concurrency: 3 })
      [Symbol.asyncIterator]()
    expect(source.taken).toBe(0)
    await results.next()
    await until(() => asked().length === 3)
    // Whoever stores a result slowly gets no more of them ready than are worked on at once.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(source.taken).toBe(3)
    await results.next()
    expect(source.taken).toBeLessThanOrEqual(4)
    await results.return?.()
    expect(source.isClosed).toBe(true)
  })

  it('are told of as each is done, whoever takes long', async () => {
    let release = (): void => undefined
    about(['person-0', (res, index, request) => (release = () => moved(res, index, request))])
    const results = bench.instance().transfer.transferSubs(people, { targetTeamId, concurrency: 2 })
    const order: string[] = []
    for await (const { sub } of results) {
      order.push(sub)
      if (order.length === 39) release()
    }
    expect(order.at(-1)).toBe('person-0')
  })

  it('are told of in the order in which they are done, so that nobody is forgotten by a slow caller', async () => {
    const told: string[] = []
    for await (const { sub } of bench.instance().transfer.transferSubs(people, { targetTeamId, concurrency: 4 })) {
      told.push(sub)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const delays = told.map((sub, index) => index - asked().indexOf(sub))
    expect(Math.max(...delays)).toBeLessThanOrEqual(4)
    expect(told).toHaveLength(40)
  })

  it('may be refused in any number, as long as somebody is not now and then', async () => {
    const refused = json({ error: 'invalid_request' }, 400)
    bench.answer('migration', (res, index, request) => (index % 60 === 59 ? moved : refused)(res, index, request))
    const crowd = Array.from({ length: 150 }, (_, index) => `person-${String(index)}`)
    const { all, thrown } = await collect(
      bench.instance().transfer.transferSubs(crowd, { targetTeamId, concurrency: 16 }),
    )
    expect(thrown).toBeUndefined()
    expect(all.filter(({ error }) => error !== undefined)).toHaveLength(148)
  })
})

describe('what concerns everybody', () => {
  it('ends it, and what is under way is still told of: invalid_client', async () => {
    const slowly: Answer = (res, index, request) => setTimeout(() => moved(res, index, request), 100)
    about(['person-9', slowly], ['person-10', invalidClient], ['person-11', slowly])
    const source = new Source()
    const { all, thrown } = await collect(
      bench.instance().transfer.transferSubs(source, { targetTeamId, concurrency: 4 }),
    )
    expect(thrown).toMatchObject({ code: 'ERR_APPLE_TOKEN', appleError: 'invalid_client' })
    // Everybody who was asked about is told of, but for the one by whom it was found out.
    expect(new Set(all.map(({ sub }) => sub))).toEqual(new Set(asked().filter((sub) => sub !== 'person-10')))
    expect(all).toContainEqual({ sub: 'person-9', transferSub: 'moved-person-9' })
    expect(asked().length).toBeLessThanOrEqual(14)
    expect(source.isClosed).toBe(true)
  })

  it.each([
    ['the team’s token is refused', 'token', invalidClient, { appleError: 'invalid_client' }],
    ['the team’s token is refused otherwise', 'token', json({ error: 'invalid_request' }, 400), {}],
    ['Apple’s endpoint is out of use', 'migration', status(404), { code: 'ERR_APPLE_UNAVAILABLE' }],
    ['Apple answers nonsense', 'migration', json('?'), { code: 'ERR_APPLE_UNAVAILABLE' }],
    ['Apple is out of order', 'migration', status(503, { 'retry-after': '0' }), { details: { status: 503 } }],
  ] as const)('ends it: %s', async (_name, endpoint, answer, expected) => {
    bench.answer(endpoint, answer)
    const { all, thrown } = await collect(
      bench.instance().transfer.transferSubs(people, { targetTeamId, concurrency: 2 }),
    )
    expect(all).toEqual([])
    expect(thrown).toMatchObject(expected)
    expect(new Set(asked()).size).toBeLessThanOrEqual(2)
  })

  it('keeps nobody waiting for what others wait for', async () => {
    const busy = status(503, { 'retry-after': '1' })
    let requests = 0
    about(
      ['person-0', invalidClient],
      ['person-1', (res, index, request) => ((requests += 1), busy(res, index, request))],
    )
    const start = performance.now()
    const { thrown } = await collect(bench.instance().transfer.transferSubs(people, { targetTeamId, concurrency: 2 }))
    expect(thrown).toMatchObject({ appleError: 'invalid_client' })
    expect(requests).toBe(1)
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it.each(['isDone', 'onProgress'] as const)('is what %s throws', async (name) => {
    const reason = new Error('the database is away')
    const fail = (): never => {
      throw reason
    }
    const source = new Source()
    const { thrown } = await collect(bench.instance().transfer.transferSubs(source, { targetTeamId, [name]: fail }))
    expect(thrown).toBe(reason)
    expect(source.isClosed).toBe(true)
  })

  it('is what the people’s own source throws, once those before are told of', async () => {
    const reason = new Error('the cursor is closed')
    function* source(): Generator<string> {
      yield* people.slice(0, 5)
      throw reason
    }
    const { all, thrown } = await collect(bench.instance().transfer.transferSubs(source(), { targetTeamId }))
    expect(all).toHaveLength(5)
    expect(thrown).toBe(reason)
  })
})

describe('leaving the loop', () => {
  it('cuts off what is under way', async () => {
    about(['person-1', hang], ['person-2', hang])
    const closed: unknown[] = []
    const transfer = bench.instance().transfer
    for await (const result of transfer.transferSubs(people, { targetTeamId, concurrency: 3 })) {
      await until(() => asked().length === 3)
      closed.push(result)
      break
    }
    const start = performance.now()
    expect(closed).toEqual([{ sub: 'person-0', transferSub: 'moved-person-0' }])
    await until(() => bench.openRequests === 0)
    expect(performance.now() - start).toBeLessThan(2000)
    expect(asked()).toHaveLength(3)
  })

  it('gives the rest of the people back, and forgives a source that fails at that', async () => {
    let isAsked = false
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 'a' }),
        return: () => {
          isAsked = true
          throw new Error('closed already')
        },
      }),
    } as unknown as Iterable<string>
    for await (const result of bench.instance().transfer.transferSubs(source, { targetTeamId })) {
      expect(result.error).toBeUndefined()
      break
    }
    expect(isAsked).toBe(true)
  })
})

describe('the signal', () => {
  const reason = new Error('the deploy begins')

  it('stops before anything begins', async () => {
    const source = new Source()
    const results = bench.instance().transfer.transferSubs(source, { targetTeamId, signal: AbortSignal.abort(reason) })
    expect((await collect(results)).thrown).toBe(reason)
    expect(source.taken).toBe(0)
    expect(bench.apple.requests).toEqual([])
  })

  it.each([
    ['requests', hang],
    ['what Apple told to wait', status(429, { 'retry-after': '60' })],
    ['growing waits', status(503)],
  ])('stops %s at once', async (_name, answer) => {
    bench.answer('migration', answer)
    const controller = new AbortController()
    const results = bench.instance().transfer.transferSubs(people, { targetTeamId, signal: controller.signal })
    const ending = collect(results)
    await until(() => asked().length === 4)
    const start = performance.now()
    controller.abort(reason)
    expect(await ending).toEqual({ all: [], thrown: reason })
    expect(performance.now() - start).toBeLessThan(300)
    await until(() => bench.openRequests === 0)
    expect(asked()).toHaveLength(4)
  })

  it.each([
    ['people', { source: { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) } }],
    ['isDone', { isDone: () => new Promise<boolean>(() => undefined) }],
    ['the team’s token', {}],
  ])('stops waiting for %s', async (_name, { source = people, ...options }: Parts) => {
    bench.answer('token', hang)
    const controller = new AbortController()
    const { signal } = controller
    const ending = collect(bench.instance().transfer.transferSubs(source, { targetTeamId, signal, ...options }))
    setTimeout(() => {
      controller.abort(reason)
    }, 50)
    expect((await ending).thrown).toBe(reason)
  })

  it('stops a caller who comes back after it', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const results = bench.instance().transfer.transferSubs(people, { targetTeamId, signal })[Symbol.asyncIterator]()
    await results.next()
    controller.abort(reason)
    expect(await rejectionOf(results.next())).toBe(reason)
    expect(await results.next()).toEqual({ done: true, value: undefined })
  })

  it('bears one listener while people are moved, however many, and none afterwards', async () => {
    const { signal } = new AbortController()
    for await (const result of bench
      .instance()
      .transfer.transferSubs(people, { targetTeamId, signal, concurrency: 32 })) {
      expect(result.error).toBeUndefined()
      expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('onProgress', () => {
  it('hears of each person', async () => {
    const heard: AppleTransferProgress[] = []
    about(['person-1', json({ error: 'invalid_request' }, 400)])
    const run = {
      targetTeamId,
      concurrency: 1,
      isDone: (sub: string) => sub === 'person-2',
      onProgress: (progress: AppleTransferProgress) => heard.push(progress),
    }
    await collect(bench.instance().transfer.transferSubs(people.slice(0, 4), run))
    expect(heard).toEqual([
      { done: 1, failed: 0, skipped: 0 },
      { done: 1, failed: 1, skipped: 0 },
      { done: 1, failed: 1, skipped: 1 },
      { done: 2, failed: 1, skipped: 1 },
    ])
  })
})

interface Parts {
  source?: AsyncIterable<string> | Iterable<string>
  isDone?: () => Promise<boolean>
}
