import { isId, isObject, isText, type Writable } from './fields.js'

/**
 * A place of an organization, such as one of its schools, with Apple's field names; absent is absent, not null.
 *
 * @see https://developer.apple.com/documentation/rosterapi/location
 */
export interface RosterLocation {
  readonly id: string
  readonly name?: string
  readonly domain?: string
  /** For example `PST`. */
  readonly timeZone?: string
  /** ISO 8601, up to nine digits after the second. */
  readonly dateCreated?: string
  /** ISO 8601, up to nine digits after the second. */
  readonly dateLastModified?: string
}

/** Reads a location from what the Roster API sent; undefined when it has no id. */
export function parseLocation(value: unknown): RosterLocation | undefined {
  if (!isObject(value) || !isId(value.id)) return undefined
  const location: Writable<RosterLocation> = { id: value.id }
  if (isText(value.name)) location.name = value.name
  if (isText(value.domain)) location.domain = value.domain
  if (isText(value.timeZone)) location.timeZone = value.timeZone
  if (isText(value.dateCreated)) location.dateCreated = value.dateCreated
  if (isText(value.dateLastModified)) location.dateLastModified = value.dateLastModified
  return location
}
