import type { Request, RequestHandler, Response } from 'express'
import { AppleCrossSiteError } from '../errors.js'
import { requireSession } from '../session/app-session.js'
import { forwardErrors } from './forward-errors.js'
import type { Instance } from './instance.js'
import { readLogin } from './login-view.js'
import { logoutPage } from './pages.js'
import { isPrefetch, requestOrigin, wantsJson } from './request-origin.js'
import { signOut } from './sign-out.js'

/** POST /logout, and GET /logout for a link on the app's own pages. */
export function createLogoutRoute(instance: Instance): RequestHandler {
  return forwardErrors(async function logout(req, res) {
    if (req.method === 'GET' && !isOwnLink(req)) {
      const { pathname } = new URL(req.originalUrl, 'http://site.invalid')
      res.type('html').send(logoutPage(pathname))
      return
    }
    if (requestOrigin(req) === 'other') {
      throw new AppleCrossSiteError(
        'A sign-out came from another site: sign out with a form or link on your own pages.',
      )
    }
    await carryOut(instance, req, res)
  })
}

async function carryOut(instance: Instance, req: Request, res: Response): Promise<void> {
  requireSession(req)
  await signOut(instance, req, readLogin(instance, req), instance.config.revokeOnLogout)
  if (wantsJson(req)) res.status(204).end()
  else res.redirect(303, instance.config.postLogoutRedirect)
}

/** A person's click on one of our own pages: not an image, a frame, a prefetch, or a link somewhere else. */
function isOwnLink(req: Request): boolean {
  const mode = req.get('sec-fetch-mode') ?? 'navigate'
  const destination = req.get('sec-fetch-dest') ?? 'document'
  return (
    req.get('sec-fetch-site') === 'same-origin' && mode === 'navigate' && destination === 'document' && !isPrefetch(req)
  )
}
