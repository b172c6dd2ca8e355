/** The longest path taken, in characters: two logins with such paths fit into one session beside each other. */
const maxLength = 1536

/**
 * Reads a path on this site, such as `/classes?week=3#monday`.
 *
 * Resolves it as a browser would and gives back the normal form, or undefined for anything that could lead elsewhere:
 * another origin, `//host`, a backslash, control characters, or more than 1536 characters.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.11.1
 */
export function parseSitePath(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > maxLength) return undefined
  // Browsers read a backslash as a slash and drop tabs and line breaks, so either may hide a second slash.
  if (!value.startsWith('/') || /[\\\p{Cc}]/u.test(value)) return undefined
  const site = 'http://site.invalid'
  if (!URL.canParse(value, site)) return undefined
  const url = new URL(value, site)
  const path = `${url.pathname}${url.search}${url.hash}`
  // Resolving dots can bring two slashes to the front: /.//host.
  return url.origin === site && !path.startsWith('//') && path.length <= maxLength ? path : undefined
}
