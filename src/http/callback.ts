import type { Request, RequestHandler, Response } from 'express'
import { AppleAuthError, AppleAuthorizationError, AppleCallbackError, AppleStateError } from '../errors.js'
import { loadSession, requireSession, saveSession, sessionCookieName, setSessionAside } from '../session/app-session.js'
import type { PendingLogin } from '../session/pending-logins.js'
import { type AuthorizationResponse, readAuthorizationResponse, relayFields } from './authorization-response.js'
import { forwardErrors } from './forward-errors.js'
import type { CallbackOutcome, Instance } from './instance.js'
import { postingPage } from './pages.js'
import { requestOrigin } from './request-origin.js'
import { signIn } from './sign-in.js'
import { requestIdentity } from './identity-request.js'

/** Apple's words for "the person pressed Cancel"; the first is documented, the second seen. */
const cancelled = ['user_cancelled_authorize', 'access_denied']

/** GET and POST /callback: takes Apple's answer and signs the person in. */
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
  const response = await readAuthorizationResponse(instance.config, req, res)
  requireSession(req)
  const fromOtherSite = requestOrigin(req) === 'other'
  if (response.relayed && fromOtherSite) throw new AppleCallbackError('A relayed callback came from another site.')
  const pending = instance.pendingLogins.find(req, response.state)
  if (pending !== undefined) {
    res.redirect(303, await finishOnce(instance, req, pending, response))
    return
  }
  const finished = instance.pendingLogins.whereItWent(req, response.state)
  if (finished !== undefined) {
    res.redirect(303, finished)
  } else if (fromOtherSite) {
    relay(req, res, response)
  } else {
    throw new AppleStateError(stateAdvice(instance, req))
  }
}

/**
 * The browser withheld the session cookie, as it does for posts from another site: has it post the same fields again
 * from our own page, which brings SameSite=Lax and Strict cookies along.
 */
function relay(req: Request, res: Response, response: AuthorizationResponse): void {
  // A new session's cookie would replace the one that the browser holds back.
  if (sessionCookieName(req) === undefined) setSessionAside(req)
  const { pathname } = new URL(req.originalUrl, 'http://site.invalid')
  res
    .status(200)
    .type('html')
    .send(postingPage(pathname, relayFields(response, req.method)))
}

/** Finishes a login, or follows the request that is finishing it or has just done so; says where to go. */
async function finishOnce(
  instance: Instance,
  req: Request,
  pending: PendingLogin,
  response: AuthorizationResponse,
): Promise<string> {
  const role = { leads: false }
  // The session id is part of the key: only the same browser may follow.
  const outcome = await instance
    .callbacks(`${req.sessionID} ${pending.state}`, () => {
      role.leads = true
      return finish(instance, req, pending, response)
    })
    .catch(async (error: unknown) => {
      // Saved again as it was read, this session would bring the used login back.
      if (!role.leads) await loadSession(req, req.sessionID)
      throw error
    })
  // The first request's answer may never reach the browser (Reload, a second click), and with it the new cookie.
  if (!role.leads) await loadSession(req, outcome.sessionId)
  return outcome.location
}

async function finish(
  instance: Instance,
  req: Request,
  pending: PendingLogin,
  response: AuthorizationResponse,
): Promise<CallbackOutcome> {
  if (response.error === undefined) {
    const identity = await requestIdentity(instance, pending, response).catch(async (error: unknown) => {
      await useUp(instance, req, pending)
      throw error
    })
    await useUp(instance, req, pending)
    await signIn(instance, req, pending, identity, response.user)
    return { location: pending.returnTo, sessionId: req.sessionID }
  }
  await useUp(instance, req, pending)
  if (!cancelled.includes(response.error)) {
    throw new AppleAuthorizationError('Apple answered the authorization request with an error.', {
      details: { appleError: response.error.slice(0, 100) },
    })
  }
  instance.events.emit('login_cancelled', { returnTo: pending.returnTo })
  return { location: instance.config.cancelRedirect, sessionId: req.sessionID }
}

/**
 * Takes the pending login out of the session as it is in the store now: other tabs may have written there meanwhile.
 *
 * @throws AppleStateError when somebody else has used it up
 */
async function useUp(instance: Instance, req: Request, pending: PendingLogin): Promise<void> {
  // Gone altogether: signed out, or signed in on another node. Then nothing of the old session may come back.
  if (!(await loadSession(req, req.sessionID))) return
  if (instance.pendingLogins.take(req, pending.state) === undefined) {
    throw new AppleStateError('This login has been finished or cancelled in the meantime.')
  }
  await saveSession(req)
}

function stateAdvice(instance: Instance, req: Request): string {
  const expected = new URL(instance.config.redirectUri).hostname
  const host =
    req.hostname === expected
      ? ''
      : ` The browser came to ${req.hostname}, while the redirect URI is on ${expected}: cookies of one do not reach the other.`
  return (
    'No login with this state is under way in this browser session: it is used up, older than 15 minutes, from another ' +
    `browser, or the session cookie did not arrive.${host}`
  )
}
