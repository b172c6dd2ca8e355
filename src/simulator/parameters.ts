import type { Request } from 'express'

/** Parameters of a query or a form, as RFC 6749 reads them. */
export interface Parameters {
  /** The value; undefined also for an empty one, which RFC 6749 section 3.1 treats as omitted. */
  readonly get: (name: string) => string | undefined
  /** True also for an empty value. */
  readonly has: (name: string) => boolean
  /** All of them as they came, the empty and the repeated too. */
  readonly pairs: readonly (readonly [string, string])[]
  /** The name of a parameter that came more than once. */
  readonly repeated: string | undefined
  /** False when percent-encoding is broken or is not UTF-8. */
  readonly wellFormed: boolean
}

/** Reads `application/x-www-form-urlencoded` text; a space may be `%20` or `+`. */
export function parseParameters(encoded: string): Parameters {
  const pairs = [...new URLSearchParams(encoded)]
  return createParameters(pairs, isPercentEncoded(encoded))
}

/** Wraps pairs that somebody else decoded. */
export function createParameters(pairs: readonly (readonly [string, string])[], wellFormed = true): Parameters {
  const values = new Map<string, string>()
  let repeated: string | undefined
  for (const [name, value] of pairs) {
    if (values.has(name)) repeated ??= name
    values.set(name, value)
  }
  return {
    get: (name) => (values.get(name) === '' ? undefined : values.get(name)),
    has: (name) => values.has(name),
    pairs,
    repeated,
    wellFormed,
  }
}

/** A parameter's name as it may be repeated: what is longer than any of Apple's may be a code in the wrong place. */
export function shortName(name: string): string {
  return name.length <= 30 ? name : '…'
}

/** The query of a request as it came; empty where there is none. */
export function queryOf({ originalUrl }: Request): string {
  return /\?(.*)$/s.exec(originalUrl)?.[1] ?? ''
}

function isPercentEncoded(encoded: string): boolean {
  try {
    decodeURIComponent(encoded)
    return true
  } catch {
    return false
  }
}
