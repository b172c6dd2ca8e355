/** Only a base to resolve against. */
const site = 'https://site.invalid'

/** Gives back where a link may lead: a path on this site or an https URL; undefined for all else. */
export function readHref(value: unknown): string | undefined {
  // Browsers drop tabs and line breaks, read a backslash as a slash and skip leading spaces: what they would quietly
  // mend may lead elsewhere.
  if (typeof value !== 'string' || /[\s\\\p{Cc}]/u.test(value)) return undefined
  const isPath = value.startsWith('/')
  if (!URL.canParse(value, isPath ? site : undefined)) return undefined
  const url = new URL(value, isPath ? site : undefined)
  if (isPath) return url.origin === site ? value : undefined
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? value : undefined
}
