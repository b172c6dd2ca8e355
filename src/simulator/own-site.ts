import type { Request } from 'express'
import type { Answer } from './answer.js'
import { errorPage } from './error-page.js'
import { PageError } from './oauth-error.js'

/** Refuses a form that a page of another site sent, with 403; undefined for one of the simulator's own pages. */
export function refuseOtherSites(req: Request, baseUrl: string | undefined): Answer | undefined {
  const site = req.get('sec-fetch-site')
  const origin = req.get('origin')
  // Who sends neither is no browser, so nobody was lured into it.
  if ((site === undefined || site === 'same-origin') && (origin === undefined || isOwnHost(req, origin, baseUrl))) {
    return undefined
  }
  return errorPage(new PageError('access_denied', 'This form was sent by a page of another site.'), 403)
}

function isOwnHost(req: Request, origin: string, baseUrl: string | undefined): boolean {
  if (!URL.canParse(origin)) return false
  const { host } = new URL(origin)
  // Behind a proxy the Host may be another one than the browser sees.
  return host === req.get('host')?.toLowerCase() || (baseUrl !== undefined && host === new URL(baseUrl).host)
}
