import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import helmet from 'helmet'
import { AppleAuthError } from '../errors.js'
import { contentSecurityPolicy } from './pages.js'

const setHeaders = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: contentSecurityPolicy },
  // `no-referrer` would turn the Origin of our own forms into `null`.
  referrerPolicy: { policy: 'same-origin' },
  xFrameOptions: { action: 'deny' },
  // Whether the whole host is https for a year is the app's to say.
  strictTransportSecurity: false,
})

/** The policy that the app had set before the router was reached. */
const appPolicies = new WeakMap<Response, ReturnType<Response['getHeader']>>()

/** The headers of every answer of the router. */
export const securityHeaders: RequestHandler = function setSecurityHeaders(req, res, next) {
  appPolicies.set(res, res.getHeader('Content-Security-Policy'))
  res.setHeader('Cache-Control', 'no-store')
  setHeaders(req, res, next)
}

/** An error page is the app's, and so is its policy: ours would take its styles away. */
export const restoreAppPolicy: ErrorRequestHandler = function giveBackAppPolicy(error: unknown, _req, res, next) {
  const policy = appPolicies.get(res)
  if (!res.headersSent) {
    if (policy === undefined) res.removeHeader('Content-Security-Policy')
    else res.setHeader('Content-Security-Policy', policy)
    // Express sets an error's headers in its own error page alone.
    if (error instanceof AppleAuthError) res.set(error.headers)
  }
  next(error)
}
