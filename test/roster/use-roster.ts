import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll } from '@jest/globals'
import { createBoundedFetch } from '../../src/apple/bounded-fetch.js'
import { type AccessTokens, createRosterClient, type RosterClient } from '../../src/roster/roster-client.js'
import { LoopbackApple, type RecordedRequest } from '../support/loopback-apple.js'

/** Answers the request of this number, from 0 on. */
export type Answer = (res: ServerResponse, index: number, request: RecordedRequest) => unknown

/** A Roster API on this machine, and a client for it whose access tokens are `token-1`, `token-2` and so on. */
export class RosterBench {
  readonly apple = new LoopbackApple()
  #renewals = 0

  readonly tokens: AccessTokens = {
    current: () => Promise.resolve(`token-${String(this.#renewals + 1)}`),
    renewed: async () => {
      this.#renewals += 1
      return this.tokens.current()
    },
  }

  /** How often a new access token was asked for. */
  get renewals(): number {
    return this.#renewals
  }

  client(tokens: AccessTokens = this.tokens, httpTimeoutMs = 5000): RosterClient {
    return createRosterClient(this.apple.url, createBoundedFetch({ httpTimeoutMs, envPrefix: 'APPLE_' }), tokens)
  }

  /** Paths asked for so far, without what is the same in all. */
  get paths(): string[] {
    return this.apple.requests.map(({ path }) => path.replace('/rosterapi/v1', ''))
  }

  answer(answer: Answer): void {
    let index = 0
    this.apple.misbehave = (request, res) => {
      answer(res, index, request)
      index += 1
      return true
    }
  }

  /** Answers the n-th request by the n-th of these, and all later ones by the last. */
  answerInTurn(...answers: Answer[]): void {
    this.answer((res, index, request) => answers[Math.min(index, answers.length - 1)]?.(res, index, request))
  }

  /** A list of so many pages, one user on each, whose tokens are their numbers. */
  answerPages(count: number): void {
    this.answer((res, _index, { path }) => {
      const page = pageNumber(path)
      json({ users: [{ id: `user-${String(page)}` }], ...follow(page + 1 < count ? String(page + 1) : undefined) })(res)
    })
  }

  reset(): void {
    this.apple.reset()
    this.#renewals = 0
  }
}

/** A bench for all tests of a file, as new before each. */
export function useRoster(): RosterBench {
  const bench = new RosterBench()
  beforeAll(() => bench.apple.listen())
  afterEach(() => {
    bench.reset()
  })
  afterAll(() => bench.apple.stop())
  return bench
}

/** Answers 200 with this. */
export function json(body: unknown): (res: ServerResponse) => void {
  return (res) => {
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}

/** Answers with this status and headers, without a body. */
export function status(code: number, headers: Record<string, string> = {}): (res: ServerResponse) => void {
  return (res) => {
    res.writeHead(code, headers).end()
  }
}

/** What a page says of the next one. */
export function follow(nextPageToken: string | undefined): Record<string, unknown> {
  return nextPageToken === undefined ? { moreToFollow: false } : { moreToFollow: true, nextPageToken }
}

/** The number of the page that a path asks for. */
export function pageNumber(path: string): number {
  return Number(new URL(path, 'http://apple.test').searchParams.get('pageToken') ?? 0)
}

/** What something rejects with. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
