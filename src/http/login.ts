import type { Request, RequestHandler, Response } from 'express'
import { AppleCrossSiteError } from '../errors.js'
import { requireSession } from '../session/app-session.js'
import { forwardErrors } from './forward-errors.js'
import type { Instance } from './instance.js'
import { checkMountPath, checkSession, settledHostUrl } from './login-checks.js'
import { isPage, isPrefetch, requestOrigin, wantsJson } from './request-origin.js'
import { returnPath } from './return-to.js'

/** GET /login: begins a login and sends the browser to Apple. */
export function createLoginRoute(instance: Instance): RequestHandler {
  return forwardErrors(async function login(req, res) {
    if (req.method === 'HEAD') {
      res.status(204).end()
      return
    }
    if (isPrefetch(req)) {
      // Anything but a success makes the browser ask again when the person really comes.
      res.status(425).end()
      return
    }
    const asJson = wantsJson(req)
    if (!asJson && !isPage(req)) {
      throw new AppleCrossSiteError(
        'A login is begun by opening /login as a page: not as an image, a frame or a fetch.',
      )
    }
    if (asJson && requestOrigin(req) === 'other') {
      throw new AppleCrossSiteError('A login for Apple JS is begun by the pages of this site alone.')
    }
    checkMountPath(instance, req)
    const returnTo = returnPath(instance.config, req.query.returnTo)
    if (asJson) await offerLogin(instance, req, res, returnTo)
    else await startLogin(instance, req, res, { returnTo, scope: instance.config.scope })
  })
}

/** Remembers a new pending login and redirects to Apple; to the right host first where that is needed. */
export async function startLogin(
  instance: Instance,
  req: Request,
  res: Response,
  { returnTo, scope }: { returnTo: string; scope: readonly string[] },
): Promise<void> {
  res.setHeader('Cache-Control', 'no-store')
  const session = requireSession(req)
  const elsewhere = settledHostUrl(instance, req, returnTo)
  if (elsewhere !== undefined) {
    res.redirect(302, elsewhere)
    return
  }
  checkSession(instance, req, session)
  const pending = await instance.pendingLogins.remember(req, { returnTo, scope, pkce: instance.config.pkce })
  res.redirect(302, instance.client.authorizationUrl(pending))
}

/** Answers what Apple JS needs to open its popup, instead of a redirect. */
async function offerLogin(instance: Instance, req: Request, res: Response, returnTo: string): Promise<void> {
  const { clientId, redirectUri, scope } = instance.config
  checkSession(instance, req, requireSession(req))
  // Apple JS makes the authorization request itself and knows no code challenge.
  const { state, nonce } = await instance.pendingLogins.remember(req, { returnTo, scope, pkce: false, popup: true })
  res.json({ clientId, scope: scope.join(' '), redirectURI: redirectUri, state, nonce })
}
