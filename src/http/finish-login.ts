import type { Request } from 'express'
import { AppleAuthorizationError, AppleStateError } from '../errors.js'
import { forgetEverything, loadSession, saveSession, sessionCookie, signedCookies } from '../session/app-session.js'
import type { PendingLogin } from '../session/login-entries.js'
import { type AuthorizationResponse, refusePopupResult } from './authorization-response.js'
import { requestIdentity } from './identity-request.js'
import type { CallbackOutcome, Instance } from './instance.js'
import { signIn } from './sign-in.js'

/** Apple's words for "the person pressed Cancel", and Apple JS's for "closed the popup"; the first alone is documented. */
const cancelled = ['user_cancelled_authorize', 'access_denied', 'popup_closed_by_user']

/**
 * Follows the request that is finishing this very login or has just done so; says where it went.
 *
 * The browser may never see the first one's answer (Reload, a second click), nor the new session's cookie in it, and so
 * comes with the old one. Only that old cookie, signature included, and the state together open this way.
 */
export async function followEarlier(
  instance: Instance,
  req: Request,
  response: AuthorizationResponse,
): Promise<string | undefined> {
  const earlier = signedCookies(req)
    .map((cookie) => instance.callbacks.recall(callbackKey(cookie.value, response)))
    .find((result) => result !== undefined)
  if (earlier === undefined) return undefined
  try {
    const outcome = await earlier
    return (await loadSession(req, outcome.sessionId)) ? outcome.location : undefined
  } catch (error) {
    // Saved again as it was read, this session would bring the used login back.
    if (!(await loadSession(req, req.sessionID))) forgetEverything(req)
    throw error
  }
}

/**
 * Finishes the pending login with this state, once however often it is asked; undefined when there is none.
 *
 * @throws AppleCallbackError for what only a popup's login may bring, when it is none; it then stays under way
 */
export async function finishPending(
  instance: Instance,
  req: Request,
  response: AuthorizationResponse,
): Promise<string | undefined> {
  const pending = instance.pendingLogins.find(req, response.state)
  if (pending === undefined) return undefined
  if (pending.popup !== true) refusePopupResult(instance.config, response)
  const key = callbackKey(sessionCookie(req)?.value ?? req.sessionID, response)
  const { location } = await instance.callbacks.run(key, () => finish(instance, req, pending, response))
  return location
}

/** The same browser with the same answer of Apple's: another answer under a used state is no repetition. */
function callbackKey(cookie: string, { state, code, error }: AuthorizationResponse): string {
  return JSON.stringify([cookie, state, code, error])
}

async function finish(
  instance: Instance,
  req: Request,
  pending: PendingLogin,
  response: AuthorizationResponse,
): Promise<CallbackOutcome> {
  if (response.error === undefined) {
    const identity = await requestIdentity(instance, pending, response).finally(() => useUp(instance, req, pending))
    await signIn(instance, req, { returnTo: pending.returnTo, scope: pending.scope, pending }, identity, response.user)
    return { location: pending.returnTo, sessionId: req.sessionID }
  }
  await useUp(instance, req, pending)
  if (!cancelled.includes(response.error)) {
    throw new AppleAuthorizationError('Apple answered the authorization request with an error.', {
      details: { appleError: response.error.replace(/\p{Cc}+/gu, ' ').slice(0, 100) },
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
  if (!(await loadSession(req, req.sessionID))) {
    // Gone altogether: signed out. Nothing of it may come back with this login.
    forgetEverything(req)
    throw new AppleStateError('The session was ended while Apple was asked.')
  }
  if (instance.pendingLogins.take(req, pending.state) === undefined) {
    throw new AppleStateError('This login has been finished or cancelled in the meantime.')
  }
  await saveSession(req)
}
