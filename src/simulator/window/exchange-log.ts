import { randomBytes } from 'node:crypto'
import type { Exchange, NewExchange } from './exchange.js'

/** The latest exchanges, and those who want to hear of new ones. */
export interface ExchangeLog {
  /** Adds one, or counts it to the latest of its login where both are the same page-by-page reading. */
  readonly add: (exchange: NewExchange) => Exchange
  /** Oldest first. */
  readonly list: () => readonly Exchange[]
  readonly find: (id: number) => Exchange | undefined
  /** What was added or changed after a version, in that order. */
  readonly changedSince: (version: number) => readonly Exchange[]
  readonly version: () => number
  /** Differs in every process: versions of another run mean nothing here. */
  readonly run: string
  /** Calls the listener soon after changes; answers what ends it. */
  readonly listen: (listener: () => void) => () => void
}

/** How long changes gather before the listeners hear of them: a school is read by many requests per second. */
const gatherMs = 40

/** Keeps the latest exchanges. Default: 1000. */
export function createExchangeLog(limit = 1000): ExchangeLog {
  const exchanges: Exchange[] = []
  const listeners = new Set<() => void>()
  const run = randomBytes(6).toString('hex')
  let [count, version] = [0, 0]
  let timer: NodeJS.Timeout | undefined

  function wake(): void {
    if (listeners.size === 0) return
    timer ??= setTimeout(() => {
      timer = undefined
      for (const listener of listeners) listener()
    }, gatherMs).unref()
  }

  return {
    add(exchange) {
      version += 1
      wake()
      const { last } = exchange.login
      const position = last !== undefined && isRepeated(last, exchange) ? exchanges.lastIndexOf(last) : -1
      const previous = exchanges[position]
      const added: Exchange =
        previous === undefined
          ? { ...exchange, id: ++count, times: 1, version }
          : { ...exchange, id: previous.id, times: previous.times + 1, version }
      if (previous === undefined) exchanges.push(added)
      else exchanges[position] = added
      if (exchanges.length > limit) exchanges.shift()
      exchange.login.last = added
      return added
    },
    list: () => [...exchanges],
    find: (id) => exchanges.find((exchange) => exchange.id === id),
    changedSince: (since) =>
      exchanges.filter((exchange) => exchange.version > since).sort((one, other) => one.version - other.version),
    version: () => version,
    run,
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

// A school is read in hundreds of pages: one row stands for all of a list.
function isRepeated(last: Exchange, next: NewExchange): boolean {
  return (
    next.kind === 'roster' &&
    last.kind === 'roster' &&
    last.line === next.line &&
    last.status === next.status &&
    last.reason === next.reason
  )
}
