import type { CryptoKey, FlattenedJWSInput, JWK, JWSHeaderParameters } from 'jose'
import * as errors from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import { AppleUnavailableError } from '../errors.js'
import type { BoundedFetch } from './bounded-fetch.js'
import { isFromFaultyChip } from './roca.js'

/**
 * Apple's public keys.
 *
 * @see https://developer.apple.com/documentation/signinwithapplerestapi/fetch-apple's-public-key-for-verifying-token-signature
 */

/** Kept this long before they are fetched again, in milliseconds. */
const freshMs = 6 * 60 * 60 * 1000
/** Used at most this long while Apple's endpoint is down, in milliseconds. */
const staleMs = 24 * 60 * 60 * 1000
/** For unknown kids, and while old keys serve, no two fetches come closer together than this, in milliseconds. */
const coolDownMs = 30 * 1000
/** The same while there are no keys at all, in milliseconds: logins wait for them. */
const retryMs = 1000
/** More keys than this are no key set of Apple's (three to five). */
const maxKeys = 100

/** Finds the key for a token's header, as jose asks for it. */
export type FindKey = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

/** A set of Apple's keys. */
export interface KeySet {
  /** Finds a key, fetching the set where that may help. */
  readonly find: FindKey
  /** Finds it in what has been fetched; undefined where it is not there. */
  readonly recall: (...asked: Parameters<FindKey>) => Promise<CryptoKey | undefined>
}

/**
 * Looks into several key sets: Apple documents two, and not which of them signs what. A set that cannot be fetched might
 * have had the key, so then that is the error.
 */
export function findInTurn(sets: readonly KeySet[]): FindKey {
  return async function findKey(header, token) {
    if (sets.length > 1) {
      for (const { recall } of sets) {
        const known = await recall(header, token)
        if (known !== undefined) return known
      }
    }
    let failure: unknown
    for (const { find } of sets) {
      try {
        return await find(header, token)
      } catch (error) {
        const isElsewhere = error instanceof errors.JWKSNoMatchingKey || error instanceof AppleUnavailableError
        if (!isElsewhere) throw error
        if (!(failure instanceof AppleUnavailableError)) failure = error
      }
    }
    throw failure
  }
}

type LocalKeySet = ReturnType<typeof createLocalJWKSet>

/**
 * Fetches the key set when it is first needed, keeps it for six hours, and asks again at most every 30 seconds for a
 * `kid` it does not know. While the endpoint is down the old keys serve for up to a day.
 */
export function createKeySet(url: string, boundedFetch: BoundedFetch): KeySet {
  let keys: LocalKeySet | undefined
  let fetchedAt = -Infinity
  let failedAt = -Infinity
  let failure: unknown
  let unknownKidAt = -Infinity
  let underWay: Promise<void> | undefined

  async function fetchKeys(): Promise<void> {
    try {
      keys = createLocalJWKSet({ keys: await fetchKeySet(url, boundedFetch) })
      fetchedAt = Date.now()
    } catch (error) {
      failedAt = Date.now()
      failure = error
    } finally {
      underWay = undefined
    }
  }

  /** One request at a time, however many wait for it. */
  function refresh(): Promise<void> {
    underWay ??= fetchKeys()
    return underWay
  }

  async function currentKeys(): Promise<LocalKeySet> {
    const usable = (): boolean => keys !== undefined && elapsed(fetchedAt) <= staleMs
    if (elapsed(fetchedAt) > freshMs && elapsed(failedAt) >= (usable() ? coolDownMs : retryMs)) await refresh()
    if (keys !== undefined && usable()) return keys
    throw notFetched()
  }

  function notFetched(): AppleUnavailableError {
    return new AppleUnavailableError(
      "Apple's public keys could not be fetched, so nothing that Apple signed can be verified.",
      {
        cause: failure,
      },
    )
  }

  async function find(...[header, token]: Parameters<FindKey>): Promise<CryptoKey> {
    const known = await currentKeys()
    try {
      return await known(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      // Perhaps Apple has a new key. Anybody can make up a kid, so this is not asked often.
      if (underWay === undefined) {
        // Where the keys that might have it could not be fetched, nothing is known against the token.
        if (elapsed(unknownKidAt) < coolDownMs) throw failedAt > fetchedAt ? notFetched() : error
        unknownKidAt = Date.now()
      }
      await refresh()
      if (failedAt > fetchedAt) throw notFetched()
      return (await currentKeys())(header, token)
    }
  }

  return {
    find,
    async recall(header, token) {
      if (keys === undefined || elapsed(fetchedAt) > freshMs) return undefined
      try {
        return await keys(header, token)
      } catch {
        return undefined
      }
    },
  }
}

/** Time gone by; a clock that was set back counts as for ever, so that nothing waits for it. */
function elapsed(since: number): number {
  const milliseconds = Date.now() - since
  return milliseconds < 0 ? Infinity : milliseconds
}

/**
 * Fetches a key set once, past all caches.
 *
 * @throws AppleUnavailableError when it cannot be fetched, or holds no key that may sign
 */
export async function fetchKeySet(url: string, boundedFetch: BoundedFetch): Promise<JWK[]> {
  const response = await boundedFetch(url, { headers: { accept: 'application/json' } })
  const body: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined
  const keys = isObject(body) && Array.isArray(body.keys) ? body.keys.filter(isSigningKey) : []
  if (keys.length === 0 || keys.length > maxKeys) {
    throw new AppleUnavailableError("Apple's key endpoint answered without a usable key.", {
      details: { status: response.status },
    })
  }
  return keys
}

/** An RSA public key for RS256; what leaks private parts, has a trivial exponent or can be factored is not Apple's doing. */
function isSigningKey(value: unknown): value is JWK {
  if (!isObject(value) || value.kty !== 'RSA' || typeof value.n !== 'string' || typeof value.e !== 'string')
    return false
  const meant = (value.use ?? 'sig') === 'sig' && (value.alg ?? 'RS256') === 'RS256'
  const exponent = Buffer.from(value.e, 'base64url')
  if (!meant || 'd' in value || exponent.length < 3 || exponent.length > 4) return false
  return !isFromFaultyChip(value.n)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
