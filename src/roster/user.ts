import { isId, isObject, isText, type Writable } from './fields.js'

/**
 * A student, instructor or member of staff, with Apple's field names; absent is absent, not null.
 *
 * @see https://developer.apple.com/documentation/rosterapi/user
 */
export interface RosterUser {
  /** Equals `sub` in the id_token when this person signs in with Apple, in the same organization. */
  readonly id: string
  readonly givenName?: string
  readonly middleName?: string
  readonly familyName?: string
  /** Not every student has one. */
  readonly email?: string
  /** Students only. */
  readonly grade?: string
  /** `Student`, `Instructor`, `Staff`; Apple documents it, and its samples leave it out. */
  readonly roles?: readonly string[]
  /** What this person is, place by place. */
  readonly roleLocationMapping?: readonly RosterRoleLocation[]
  /** ISO 8601, up to nine digits after the second. */
  readonly dateCreated?: string
  /** ISO 8601, up to nine digits after the second. */
  readonly dateLastModified?: string
}

/** What somebody is at one place. */
export interface RosterRoleLocation {
  /** `Student`, `Instructor` or `Staff`. */
  readonly roleName?: string
  /** The id of a location, or of the organization. */
  readonly locationId?: string
}

/** Reads a user from what the Roster API sent; undefined when it has no id. */
export function parseUser(value: unknown): RosterUser | undefined {
  if (!isObject(value) || !isId(value.id)) return undefined
  const { roles, roleLocationMapping } = value
  const user: Writable<RosterUser> = { id: value.id }
  if (isText(value.givenName)) user.givenName = value.givenName
  if (isText(value.middleName)) user.middleName = value.middleName
  if (isText(value.familyName)) user.familyName = value.familyName
  if (isText(value.email)) user.email = value.email
  if (isText(value.grade)) user.grade = value.grade
  if (Array.isArray(roles)) user.roles = roles.filter(isText)
  if (Array.isArray(roleLocationMapping)) {
    user.roleLocationMapping = roleLocationMapping.filter(isObject).map(parseRoleLocation)
  }
  if (isText(value.dateCreated)) user.dateCreated = value.dateCreated
  if (isText(value.dateLastModified)) user.dateLastModified = value.dateLastModified
  return user
}

function parseRoleLocation(value: Record<string, unknown>): RosterRoleLocation {
  const place: Writable<RosterRoleLocation> = {}
  if (isText(value.roleName)) place.roleName = value.roleName
  if (isText(value.locationId)) place.locationId = value.locationId
  return place
}
