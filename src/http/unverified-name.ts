import type { UnverifiedName } from '../apple/identity.js'

/** The longest first or last name kept, in characters. */
const maxLength = 128
/** The longest `user` field looked at, in characters. */
const maxFieldLength = 8 * 1024

/**
 * Reads the name from the callback's `user` field: JSON that the browser posts once and nobody signs.
 *
 * Anything that is not a name is left out; control characters are removed. The rest is kept as typed, so escape it
 * where it is shown.
 */
export function parseUnverifiedName(field: string | undefined): UnverifiedName | undefined {
  if (field === undefined || field.length > maxFieldLength) return undefined
  const name = parseJson(field)?.name
  if (!isObject(name)) return undefined
  const firstName = namePart(name, 'firstName')
  const lastName = namePart(name, 'lastName')
  if (firstName === undefined && lastName === undefined) return undefined
  return { ...(firstName === undefined ? {} : { firstName }), ...(lastName === undefined ? {} : { lastName }) }
}

function namePart(name: Record<string, unknown>, part: string): string | undefined {
  const value = Object.hasOwn(name, part) ? name[part] : undefined
  if (typeof value !== 'string') return undefined
  const clean = value.replace(/[\p{Cc}\p{Cs}]/gu, '').trim()
  return clean === '' ? undefined : Array.from(clean).slice(0, maxLength).join('')
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    // The name is lost, the login is not.
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
