import type { Request } from 'express'

/**
 * Which site a request comes from, by what browsers say themselves.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */

/** `own` this site; `other` another site; `unknown` nothing is said, so it is no browser (or a very old one). */
export type RequestOrigin = 'own' | 'other' | 'unknown'

/** Reads Sec-Fetch-Site, else compares Origin with Host. */
export function requestOrigin(req: Request): RequestOrigin {
  const site = req.get('sec-fetch-site')
  // `none`: the person typed the address or used a bookmark.
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? 'own' : 'other'
  const origin = req.get('origin')
  if (origin === undefined) return 'unknown'
  return URL.canParse(origin) && new URL(origin).host === ownHost(req) ? 'own' : 'other'
}

/** Is a person's browser opening a page with this request? */
export function isNavigation(req: Request): boolean {
  if (req.method !== 'GET') return false
  const mode = req.get('sec-fetch-mode')
  if (mode !== undefined) return mode === 'navigate'
  return req.get('sec-fetch-site') === undefined && req.accepts(['json', 'html']) === 'html'
}

/** Does the browser fetch this ahead of time, perhaps for nothing? */
export function isPrefetch(req: Request): boolean {
  const purpose = `${req.get('sec-purpose') ?? ''} ${req.get('purpose') ?? ''} ${req.get('x-moz') ?? ''}`
  return /prefetch|prerender|preview/i.test(purpose)
}

/** Does this client want JSON rather than a page? */
export function wantsJson(req: Request): boolean {
  return req.accepts(['html', 'json']) === 'json'
}

/** The host and port that the browser sees, in the form of `URL.host`. */
function ownHost(req: Request): string | undefined {
  const host = req.get('host')
  const url = `${req.protocol}://${host ?? ''}`
  if (!URL.canParse(url)) return undefined
  const seen = new URL(url)
  // With `trust proxy`, hostname is the forwarded one and Host the proxy's; the port is then the usual one.
  return seen.hostname === req.hostname ? seen.host : req.hostname
}
