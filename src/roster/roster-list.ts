import { setImmediate } from 'node:timers/promises'
import { type Abortable, startAbortable } from './abortable.js'
import { malformedAnswer } from './failures.js'
import { eachItem } from './each-item.js'
import { createTokenMemory } from './page-tokens.js'
import type { RosterPage } from './roster-page.js'

/** So many empty pages in a row are taken for a list without an end. */
const maxEmptyPages = 1000

/**
 * A list of the Roster API, read page by page as it is iterated, and anew each time.
 *
 * While the caller works on a page the next one is fetched, never more, so memory stays flat however long the list is.
 * Iterating rejects as the client's other methods do, and with the signal's reason once the caller's signal aborts.
 */
export interface RosterList<T> extends AsyncIterable<T> {
  /** The same, page by page as Apple sends them; a page may be empty. */
  pages(): AsyncIterable<readonly T[]>
  /** Everything at once: for lists that are known to be short. */
  toArray(): Promise<T[]>
}

/** What a list is made of. */
export interface RosterListSource<T> {
  /** What errors call it, for example `/users`. */
  readonly template: string
  /** The caller's. */
  readonly signal: AbortSignal | undefined
  /** Reads one page; the first where there is no token. */
  readonly readPage: (pageToken: string | undefined, signal: AbortSignal) => Promise<RosterPage>
  /** Reads one value of a page; throws for one that is no item. */
  readonly parse: (value: unknown) => T
}

/** Makes a list; nothing is fetched before it is iterated. */
export function createRosterList<T>(source: RosterListSource<T>): RosterList<T> {
  return {
    [Symbol.asyncIterator]: () => eachItem(turnPages(source), source),
    pages: () => ({ [Symbol.asyncIterator]: () => parsedPages(turnPages(source), source.parse) }),
    async toArray() {
      const all: T[] = []
      for await (const item of this) all.push(item)
      return all
    },
  }
}

function parsedPages<T>(
  pages: AsyncIterableIterator<readonly unknown[]>,
  parse: (value: unknown) => T,
): AsyncIterator<readonly T[]> {
  const stop = async (): Promise<IteratorResult<readonly T[]>> => {
    await pages.return?.()
    return { done: true, value: undefined }
  }
  return {
    async next() {
      const page = await pages.next()
      if (page.done === true) return { done: true, value: undefined }
      try {
        return { done: false, value: page.value.map((value) => parse(value)) }
      } catch (error) {
        await stop()
        throw error
      }
    },
    return: stop,
  }
}

function turnPages({
  template,
  signal,
  readPage,
}: RosterListSource<unknown>): AsyncIterableIterator<readonly unknown[]> {
  let ahead: Abortable<RosterPage> | undefined
  let isStopped = false

  function fetchAhead(pageToken?: string): Abortable<RosterPage> {
    const page = startAbortable(signal, (own) => readPage(pageToken, own))
    // Whoever asks for the page learns of its failure; until then, or for ever, nobody may.
    page.result.catch(() => undefined)
    return page
  }

  async function* turn(): AsyncGenerator<readonly unknown[], undefined> {
    const isKnown = createTokenMemory()
    let emptyPages = 0
    try {
      ahead = fetchAhead()
      while (ahead !== undefined) {
        const { values, nextPageToken }: RosterPage = await ahead.result
        emptyPages = values.length === 0 ? emptyPages + 1 : 0
        if (nextPageToken !== undefined && isKnown(nextPageToken)) {
          throw malformedAnswer(template, 'a nextPageToken that it had sent before: this list has no end')
        }
        if (emptyPages >= maxEmptyPages) {
          throw malformedAnswer(template, `${String(emptyPages)} empty pages in a row: this list has no end`)
        }
        ahead = nextPageToken === undefined ? undefined : fetchAhead(nextPageToken)
        // Lets the request go out before this page keeps the process busy.
        if (ahead !== undefined) await setImmediate()
        signal?.throwIfAborted()
        yield values
        signal?.throwIfAborted()
      }
      return undefined
    } finally {
      ahead?.abort()
    }
  }

  const pages = turn()
  return {
    async next() {
      try {
        return await pages.next()
      } catch (error) {
        // Stopped while this page was awaited.
        if (isStopped) return { done: true, value: undefined }
        throw error
      }
    },
    return() {
      isStopped = true
      ahead?.abort()
      return pages.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
