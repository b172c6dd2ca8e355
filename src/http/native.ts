import type { Request, RequestHandler, Response } from 'express'
import { AppleAuthError, AppleCrossSiteError } from '../errors.js'
import { forgetEverything, loadSession, requireSession } from '../session/app-session.js'
import { forwardErrors } from './forward-errors.js'
import type { Instance } from './instance.js'
import { checkSession } from './login-checks.js'
import { requestNativeIdentity } from './native-identity.js'
import { readNativeLogin } from './native-login.js'
import { requestOrigin } from './request-origin.js'
import { signIn } from './sign-in.js'

/**
 * POST /native: signs in the person whom an iOS or Android app has from Apple, and starts a session as the callback does.
 *
 * @see https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple
 */
export function createNativeRoute(instance: Instance): RequestHandler {
  return forwardErrors(async function native(req, res) {
    try {
      await answerNative(instance, req, res)
    } catch (error) {
      if (error instanceof AppleAuthError) instance.events.emit('login_failed', { error })
      throw error
    }
  })
}

async function answerNative(instance: Instance, req: Request, res: Response): Promise<void> {
  // An app is no browser and says nothing; a page of another site would sign its visitor in as somebody else.
  if (requestOrigin(req) === 'other') {
    throw new AppleCrossSiteError('/native is for native apps, and was posted to by a page of another site.')
  }
  const login = await readNativeLogin(req, res)
  checkSession(instance, req, requireSession(req))
  const { identity, release } = await requestNativeIdentity(instance, login)
  const { claims } = identity
  // Apple does not say what was asked for; an e-mail address is there only if it was. Without tokens nothing is granted.
  const scope = identity.tokens === undefined || claims.email === undefined ? [] : ['email']
  try {
    // What other requests did while Apple was asked is in the store alone.
    if (!(await loadSession(req, req.sessionID))) forgetEverything(req)
    const begun = { returnTo: instance.config.postLoginRedirect, scope }
    res.json({ user: await signIn(instance, req, begun, identity, login.user) })
  } catch (error) {
    await release()
    throw error
  }
}
