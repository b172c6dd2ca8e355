import { setTimeout as sleep } from 'node:timers/promises'
import pRetry, { type Options } from 'p-retry'
import type { BoundedFetch } from '../apple/bounded-fetch.js'
import { AppleRosterError, AppleUnavailableError } from '../errors.js'
import { untilAborted } from './abortable.js'
import { failedAnswer, isAnotherChance, isServerFailure, malformedAnswer, toldToWait, unanswered } from './failures.js'

/** The largest answer read, in bytes: some ten thousand people on one page. */
const maxBytes = 16 * 1024 * 1024
/** How often a request is made at most, the first time included. */
const maxAttempts = 5
/** How often Apple may fail (5xx, no answer) before the request is given up. */
const maxServerFailures = 4
/** The first growing wait, in milliseconds; it is this to twice this, and doubles each time. */
const firstWaitMs = 500

const utf8 = new TextDecoder()

/** Where a Roster client gets its access tokens. */
export interface AccessTokens {
  /** At once where it is at hand: this is asked for each page. */
  current(): string | Promise<string>
  /** After a 401: another one than the rejected. */
  renewed(rejected: string): Promise<string>
}

/** Whether what may pass (429, 5xx, no answer) is waited for. */
export interface RosterPatience {
  readonly triesAgain: boolean
}

/** What is read. */
export interface RosterResource {
  /** Below `/rosterapi/v1`, with `{id}` for an id: what errors call it. */
  readonly template: string
  /** The same as it is requested, percent-encoded and with its query. */
  readonly path: string
}

/** Reads one resource; its answer is any JSON. */
export type ReadResource = (resource: RosterResource, signal: AbortSignal) => Promise<unknown>

/** The attempts of one read, whatever their access token. */
interface Tally {
  attempts: number
  serverFailures: number
}

/**
 * Makes the one function through which every request to the Roster API goes, with its retries.
 *
 * It rejects with whatever the access tokens reject with.
 *
 * @see https://developer.apple.com/documentation/rosterapi
 * @throws AppleRosterError (from the returned function) where Apple refuses, or answers with no JSON
 * @throws AppleUnavailableError where Apple does not answer
 */
export function createReadResource(
  rosterBaseUrl: string,
  boundedFetch: BoundedFetch,
  accessTokens: AccessTokens,
  { triesAgain }: RosterPatience,
): ReadResource {
  async function request(
    { template, path }: RosterResource,
    accessToken: string,
    tally: Tally,
    signal: AbortSignal,
  ): Promise<unknown> {
    tally.attempts += 1
    const { attempts } = tally
    const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` }
    const limits = { maxBytes, name: `/rosterapi/v1${template}` }
    const answer = await boundedFetch
      .read(`${rosterBaseUrl}/rosterapi/v1${path}`, { headers, signal }, limits)
      .catch((error: unknown) => {
        throw error instanceof AppleUnavailableError ? unanswered(error, template, attempts) : error
      })
    if (answer.status !== 200) throw failedAnswer(answer, template, attempts)
    try {
      return JSON.parse(utf8.decode(answer.body)) as unknown
    } catch {
      // The parser's words would repeat what it read: people's data.
      throw malformedAnswer(template, 'something that is no JSON', { attempts })
    }
  }

  return async function readResource(resource, signal) {
    const tally: Tally = { attempts: 0, serverFailures: 0 }
    const read = (accessToken: string): Promise<unknown> =>
      triesAgain
        ? pRetry(() => request(resource, accessToken, tally, signal), retries(tally, signal))
        : request(resource, accessToken, tally, signal)
    const current = accessTokens.current()
    const accessToken = typeof current === 'string' ? current : await untilAborted(current, signal)
    try {
      return await read(accessToken)
    } catch (error) {
      if (!(error instanceof AppleRosterError && error.appleStatus === 401)) throw error
      const renewed = await untilAborted(accessTokens.renewed(accessToken), signal)
      if (renewed === accessToken) throw error
      return read(renewed)
    }
  }
}

function retries(tally: Tally, signal: AbortSignal): Options {
  const isAllowed = (error: unknown): boolean =>
    tally.attempts < maxAttempts && tally.serverFailures < maxServerFailures && isAnotherChance(error)
  return {
    retries: maxAttempts - 1,
    minTimeout: firstWaitMs,
    randomize: true,
    unref: false,
    signal,
    async onFailedAttempt({ error }) {
      if (isServerFailure(error)) tally.serverFailures += 1
      const seconds = toldToWait(error)
      if (seconds !== undefined && isAllowed(error)) await sleep(seconds * 1000, undefined, { signal })
    },
    // What Apple told us to wait is waited for already, in place of a growing wait.
    shouldConsumeRetry: ({ error }) => toldToWait(error) === undefined,
    shouldRetry: ({ error }) => isAllowed(error),
  }
}
