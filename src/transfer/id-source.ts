/** Ids one after the other, however many ask at the same time. */
export interface IdSource {
  /** The next one; undefined at the end, and after a failure. Rejects where the ids come from fails. */
  pull(): Promise<{ readonly id: unknown } | undefined>
  /** Tells where the ids come from that no more are wanted; does not wait for one that is on its way. */
  close(): Promise<void>
}

/** Opens what an app gave as its people's ids. */
export function openIdSource(ids: AsyncIterable<unknown> | Iterable<unknown>): IdSource {
  const iterator = Symbol.asyncIterator in ids ? ids[Symbol.asyncIterator]() : ids[Symbol.iterator]()
  let state: 'idle' | 'pulling' | 'over' = 'idle'
  let last: Promise<unknown> = Promise.resolve()

  async function next(): Promise<{ readonly id: unknown } | undefined> {
    if (state === 'over') return undefined
    state = 'pulling'
    try {
      const result: IteratorResult<unknown, unknown> = await iterator.next()
      state = result.done === true ? 'over' : 'idle'
      return result.done === true ? undefined : { id: result.value }
    } catch (error) {
      state = 'over'
      throw error
    }
  }

  async function giveBack(): Promise<void> {
    try {
      await iterator.return?.()
    } catch {
      // What goes wrong there concerns nobody who has got all they wanted.
    }
  }

  return {
    pull() {
      const mine = last.then(next)
      last = mine.catch(() => undefined)
      return mine
    },
    async close() {
      if (state === 'over') return
      const isPulling = state === 'pulling'
      state = 'over'
      const closing = giveBack()
      if (!isPulling) await closing
    },
  }
}
