import type { Parse } from './settings.js'
import { parseSitePath } from './site-path.js'

/** Some text without spaces around it. */
export const text: Parse<string> = (raw, report) => {
  if (typeof raw === 'string' && raw.trim() !== '') return raw.trim()
  report('must be a text that is not empty')
  return undefined
}

/** `true` or `false`; in a variable also `1` and `0`. */
export const boolean: Parse<boolean> = (raw, report) => {
  if (typeof raw === 'boolean') return raw
  const word = typeof raw === 'string' ? raw.trim().toLowerCase() : ''
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  report('must be true or false')
  return undefined
}

/** A whole number within bounds. */
export function integer(least: number, most: number, unit: string): Parse<number> {
  return (raw, report) => {
    const value = typeof raw === 'string' && /^\s*\d+\s*$/.test(raw) ? Number(raw) : raw
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    report(`must be a whole number of ${unit} from ${String(least)} to ${String(most)}`)
    return undefined
  }
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): Parse<T> {
  return (raw, report) => {
    const word = words.find((each) => each === (typeof raw === 'string' ? raw.trim() : raw))
    if (word === undefined) report(`must be ${words.join(' or ')}`)
    return word
  }
}

/** Texts, as a list or in one text separated by spaces or commas; none twice. */
export const list: Parse<readonly string[]> = (raw, report) => {
  const parts: unknown = typeof raw === 'string' ? raw.split(/[\s,]+/).filter(Boolean) : raw
  // Copied, because `every` passes over the holes of a sparse list.
  const copies: unknown[] = Array.isArray(parts) ? Array.from(parts as unknown[]) : [undefined]
  if (copies.every((part): part is string => typeof part === 'string' && /^\S+$/.test(part))) {
    return [...new Set(copies)]
  }
  report('must be a list of texts, or one text with spaces or commas between them')
  return undefined
}

/** Ten characters A-Z and 0-9, as Apple's Team IDs and Key IDs have. */
export const tenCharacters: Parse<string> = (raw, report) => {
  if (typeof raw === 'string' && /^[A-Z0-9]{10}$/.test(raw.trim())) return raw.trim()
  report('must be the ten characters A-Z and 0-9 that Apple shows beside your membership or key')
  return undefined
}

/** A path on this site, in its normal form. */
export const sitePath: Parse<string> = (raw, report) => {
  const path = parseSitePath(raw)
  if (path === undefined) report('must be a path on this site that begins with one slash, such as /welcome')
  return path
}

/** A function. */
export function callable<F extends (...values: never[]) => unknown>(): Parse<F> {
  return (raw, report) => {
    if (typeof raw === 'function') return raw as F
    report('must be a function')
    return undefined
  }
}
