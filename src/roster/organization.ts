import { isId, isObject, isText, type Writable } from './fields.js'

/**
 * A school, college or other organization in Apple School Manager, with Apple's field names; absent is absent, not null.
 *
 * @see https://developer.apple.com/documentation/rosterapi/organization
 */
export interface AppleOrganization {
  /** Equals `org_id` in the id_tokens of its managed accounts. */
  readonly id: string
  readonly name?: string
  /** For example `EDUCATION`. */
  readonly type?: string
  readonly domains?: readonly AppleDomain[]
  /** ISO 8601, up to nine digits after the second. */
  readonly dateCreated?: string
  /** ISO 8601, up to nine digits after the second. */
  readonly dateLastModified?: string
}

/** A domain of an organization. */
export interface AppleDomain {
  readonly name?: string
  readonly isVerified?: boolean
}

/** Reads an organization from what the Roster API or the session holds; undefined when it has no id. */
export function parseOrganization(value: unknown): AppleOrganization | undefined {
  if (!isObject(value) || !isId(value.id)) return undefined
  const organization: Writable<AppleOrganization> = { id: value.id }
  if (isText(value.name)) organization.name = value.name
  if (isText(value.type)) organization.type = value.type
  if (Array.isArray(value.domains)) organization.domains = value.domains.filter(isObject).map(parseDomain)
  if (isText(value.dateCreated)) organization.dateCreated = value.dateCreated
  if (isText(value.dateLastModified)) organization.dateLastModified = value.dateLastModified
  return organization
}

function parseDomain(value: Record<string, unknown>): AppleDomain {
  const domain: Writable<AppleDomain> = {}
  if (isText(value.name)) domain.name = value.name
  if (typeof value.isVerified === 'boolean') domain.isVerified = value.isVerified
  return domain
}
