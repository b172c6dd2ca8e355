import { createHash } from 'node:crypto'

/**
 * Whom a login is about, as a short text that says nothing to who reads it: a session keeps it beside the login, and the
 * store keeps whose logins Apple has ended.
 */

/** A person; `sub` is the same whatever name an id_token's `iss` gives Apple. */
export function personSubject(sub: string): string {
  return subject('person', sub)
}

/** An organization. */
export function organizationSubject(id: string): string {
  return subject('organization', id)
}

function subject(kind: string, id: string): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, id]))
    .digest('base64url')
    .slice(0, 22)
}
