import type { RequestHandler } from 'express'

/**
 * Refuses a form that another site had a browser send; the package's own /logout does the same.
 *
 * The session cookie is SameSite=Lax, so such a request comes without it and finds nobody signed in. This is the second
 * lock: browsers say by Sec-Fetch-Site where a request comes from, old ones by Origin. What says neither is no browser,
 * and nobody can make it send somebody else's cookie.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export const requireSameOrigin: RequestHandler = function requireSameOrigin(req, res, next) {
  const site = req.get('sec-fetch-site')
  const origin = req.get('origin')
  const isOwn =
    site === undefined ? origin === undefined || hostnameOf(origin) === req.hostname : site === 'same-origin'
  if (isOwn) {
    next()
    return
  }
  res.status(403).render('error', {
    message: 'This request came from another site and was not carried out.',
    code: undefined,
    startAgain: undefined,
  })
}

function hostnameOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).hostname : undefined
}
