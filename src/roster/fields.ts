/**
 * Reads Apple's JSON by name and type: what is missing or of another type is absent in what this package hands out.
 *
 * @see https://developer.apple.com/documentation/rosterapi
 */

/** An object under construction. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Is this a JSON object? */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Is this a text? */
export function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** Is this an identifier: a text of 1 to 255 characters? */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 255
}
