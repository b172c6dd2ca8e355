import type { Request, RequestHandler, Response } from 'express'
import { AppleCrossSiteError } from '../errors.js'
import { requireSession } from '../session/app-session.js'
import { forwardErrors } from './forward-errors.js'
import type { Instance } from './instance.js'
import { readLogin } from './login-view.js'
import { logoutPage } from './pages.js'
import { isPrefetch, requestOrigin, wantsJson } from './request-origin.js'
import { routePath } from './return-to.js'
import { signOut } from './sign-out.js'

/** POST /logout, and GET /logout for a link on the app's own pages. */
export function createLogoutRoute(instance: Instance): RequestHandler {
  return forwardErrors(async function logout(req, res) {
    if (req.method === 'GET' && !isOwnLink(req)) {
      res.type('html').send(logoutPage(routePath(instance.config, 'logout')))
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

/** A person's click on a link of one of our own pages: no image, frame, prefetch or redirect, and no link elsewhere. */
function isOwnLink(req: Request): boolean {
  if (req.get('sec-fetch-site') !== 'same-origin' || isPrefetch(req)) return false
  const mode = req.get('sec-fetch-mode')
  if (mode === undefined) return true
  // Sec-Fetch-User tells a click from a redirect or a script that nobody asked for.
  return mode === 'navigate' && req.get('sec-fetch-dest') === 'document' && req.get('sec-fetch-user') === '?1'
}
