/**
 * An identifier as it may be shown; anything that does not look like one may be a key or a token in the wrong place, and
 * is not repeated.
 */
export function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w.-]{1,100}$/.test(value) && !value.startsWith('eyJ')
    ? value
    : '(not shown: it has not the form of an identifier)'
}

/** A URL as it may be shown: without its query. */
export function shownUrl(url: string): string {
  return URL.canParse(url) ? url.replace(/[?#].*$/s, '').slice(0, 200) : '(not shown: it is no URL)'
}
