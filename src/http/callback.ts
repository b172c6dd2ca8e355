import type { Request, RequestHandler, Response } from 'express'
import { AppleAuthError, AppleCallbackError, AppleCrossSiteError, AppleStateError } from '../errors.js'
import { requireSession, sessionCookie, setSessionAside } from '../session/app-session.js'
import {
  type AuthorizationResponse,
  isJsonPost,
  readAuthorizationResponse,
  refusePopupResult,
  relayFields,
} from './authorization-response.js'
import { finishPending, followEarlier } from './finish-login.js'
import { forwardErrors } from './forward-errors.js'
import type { Instance } from './instance.js'
import { postingPage } from './pages.js'
import { requestOrigin, wantsJson } from './request-origin.js'

/** GET and POST /callback: takes Apple's answer, or what the page has of Apple JS's popup, and signs the person in. */
export function createCallbackRoute(instance: Instance): RequestHandler {
  // Requests that followed another share its error, which is one failed login.
  const reported = new WeakSet<AppleAuthError>()
  return forwardErrors(async function callback(req, res) {
    try {
      await answerCallback(instance, req, res)
    } catch (error) {
      if (error instanceof AppleAuthError && !reported.has(error)) {
        reported.add(error)
        instance.events.emit('login_failed', { error })
      }
      throw error
    }
  })
}

async function answerCallback(instance: Instance, req: Request, res: Response): Promise<void> {
  const fromOtherSite = requestOrigin(req) === 'other'
  if (fromOtherSite && isJsonPost(req)) {
    throw new AppleCrossSiteError("A popup's result is posted by the pages of this site alone.")
  }
  const response = await readAuthorizationResponse(instance.config, req, res)
  requireSession(req)
  if (response.relayed && fromOtherSite) throw new AppleCallbackError('A relayed callback came from another site.')
  const location =
    (await followEarlier(instance, req, response)) ??
    (await finishPending(instance, req, response)) ??
    instance.pendingLogins.whereItWent(req, response.state)
  if (location !== undefined) sendOn(req, res, location)
  else if (fromOtherSite) relay(instance, req, res, response)
  else throw new AppleStateError(stateAdvice(instance, req))
}

/** A browser goes there; a page that used the popup is told where to go. */
function sendOn(req: Request, res: Response, location: string): void {
  if (wantsJson(req)) res.json({ returnTo: location })
  else res.redirect(303, location)
}

/**
 * The browser withheld the session cookie, as it does for posts from another site: has it post the same fields again
 * from our own page, which brings SameSite=Lax and Strict cookies along.
 */
function relay(instance: Instance, req: Request, res: Response, response: AuthorizationResponse): void {
  // Posted by Apple, so by no page of ours that used a popup.
  refusePopupResult(instance.config, response)
  // A new session's cookie would replace the one that the browser holds back.
  if (sessionCookie(req) === undefined) setSessionAside(req)
  // The path as the browser knows it: a proxy may have shortened the one that arrived.
  const { pathname } = instance.redirectUrl
  res
    .status(200)
    .type('html')
    .send(postingPage(pathname, relayFields(response)))
}

function stateAdvice(instance: Instance, req: Request): string {
  const expected = instance.redirectUrl.hostname
  const host =
    req.hostname === expected
      ? ''
      : ` The browser came to ${req.hostname}, while the redirect URI is on ${expected}: cookies of one do not reach the other.`
  return (
    'No login with this state is under way in this browser session: it is used up, older than 15 minutes, from another ' +
    `browser, or the session cookie did not arrive.${host}`
  )
}
