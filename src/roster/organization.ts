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
  readonly domains?: readonly { readonly name?: string; readonly isVerified?: boolean }[]
  /** ISO 8601, up to nine digits after the second. */
  readonly dateCreated?: string
  /** ISO 8601, up to nine digits after the second. */
  readonly dateLastModified?: string
}

/** Reads an organization from what the Roster API or the session holds; undefined when it has no id. */
export function parseOrganization(value: unknown): AppleOrganization | undefined {
  if (!isObject(value) || typeof value.id !== 'string' || value.id === '' || value.id.length > 255) return undefined
  return {
    id: value.id,
    ...textField(value, 'name'),
    ...textField(value, 'type'),
    ...(Array.isArray(value.domains) ? { domains: value.domains.filter(isObject).map(parseDomain) } : {}),
    ...textField(value, 'dateCreated'),
    ...textField(value, 'dateLastModified'),
  }
}

function textField<K extends string>(value: Record<string, unknown>, field: K): Partial<Record<K, string>> {
  const text = value[field]
  // A computed key widens to an index signature, which is narrower in fact.
  return typeof text === 'string' ? ({ [field]: text } as Record<K, string>) : {}
}

function parseDomain(value: Record<string, unknown>): { name?: string; isVerified?: boolean } {
  const { isVerified } = value
  return {
    ...textField(value, 'name'),
    ...(typeof isVerified === 'boolean' ? { isVerified } : {}),
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
