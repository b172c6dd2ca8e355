import { isId, isObject, isText, type Writable } from './fields.js'

/**
 * A class, with Apple's field names; absent is absent, not null.
 *
 * @see https://developer.apple.com/documentation/rosterapi/class
 */
export interface RosterClass {
  readonly id: string
  readonly name?: string
  /** The class's nickname in Apple School Manager. */
  readonly displayName?: string
  readonly number?: string
  readonly room?: string
  /** The id of a location, or of the organization. */
  readonly locationId?: string
  /** Ids of users. */
  readonly instructorIds?: readonly string[]
  /** Ids of users. */
  readonly studentIds?: readonly string[]
  /** ISO 8601, up to nine digits after the second. */
  readonly dateCreated?: string
  /** ISO 8601, up to nine digits after the second. */
  readonly dateLastModified?: string
}

/** Reads a class from what the Roster API sent; undefined when it has no id. */
export function parseClass(value: unknown): RosterClass | undefined {
  if (!isObject(value) || !isId(value.id)) return undefined
  const { instructorIds, studentIds } = value
  const parsed: Writable<RosterClass> = { id: value.id }
  if (isText(value.name)) parsed.name = value.name
  if (isText(value.displayName)) parsed.displayName = value.displayName
  if (isText(value.number)) parsed.number = value.number
  if (isText(value.room)) parsed.room = value.room
  if (isText(value.locationId)) parsed.locationId = value.locationId
  if (Array.isArray(instructorIds)) parsed.instructorIds = instructorIds.filter(isText)
  if (Array.isArray(studentIds)) parsed.studentIds = studentIds.filter(isText)
  if (isText(value.dateCreated)) parsed.dateCreated = value.dateCreated
  if (isText(value.dateLastModified)) parsed.dateLastModified = value.dateLastModified
  return parsed
}
