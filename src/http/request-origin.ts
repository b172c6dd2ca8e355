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
  // Names alone: behind a proxy the port that the browser sees is often not to be known.
  return URL.canParse(origin) && new URL(origin).hostname === hostname(req) ? 'own' : 'other'
}

/** Is a person's browser opening a page with this request? */
export function isNavigation(req: Request): boolean {
  if (req.method !== 'GET' || isPrefetch(req)) return false
  const mode = req.get('sec-fetch-mode')
  if (mode !== undefined) return mode === 'navigate'
  return req.get('sec-fetch-site') === undefined && req.accepts(['json', 'html']) === 'html'
}

/** Is this for the person to see? True as well where the client does not say what it is for. */
export function isPage(req: Request): boolean {
  const destination = req.get('sec-fetch-dest')
  return destination === undefined || destination === 'document'
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

/** The host name that the browser asked for, in lower case; empty where the request names none. */
export function hostname(req: Request): string {
  return ((req.hostname as string | undefined) ?? '').toLowerCase()
}

/** The query of a request as it came, before any parser of the app's. */
export function originalQuery(req: Request): URLSearchParams {
  const [, query] = req.originalUrl.split(/\?(.*)/s)
  return new URLSearchParams(query)
}
