import type { Request } from 'express'
import { toUser, type UnverifiedName } from '../apple/identity.js'
import { AppleLoginRefusedError } from '../errors.js'
import { forgetEverything, loadSession, requireSession } from '../session/app-session.js'
import type { LoginRecord } from '../session/packed-login.js'
import type { PendingLogin } from '../session/login-entries.js'
import type { Identity } from './identity-request.js'
import type { Instance } from './instance.js'
import { keepConnection } from './keep-connection.js'
import { tokensOf } from './login-view.js'
import { changesSince, reapply, snapshot } from './session-changes.js'

/** How a login began. */
export interface BegunLogin {
  readonly returnTo: string
  /** Asked for. */
  readonly scope: readonly string[]
  /** The pending login that this one ends; a native app's has none. */
  readonly pending?: PendingLogin
}

/** A login that is about to count. */
export interface Candidate {
  readonly record: LoginRecord
  readonly unverifiedName: UnverifiedName | undefined
  /** Removes what somebody else left in the session. */
  readonly clear: () => void
}

/**
 * Asks the app (`onLogin`), then connects the school (Data Sharing). Afterwards the request has the session as it is in
 * the store, with what `onLogin` changed.
 *
 * @throws AppleLoginRefusedError when `onLogin` throws
 * @throws AppleStoreError when the school's connection cannot be kept
 */
export async function admitLogin(
  instance: Instance,
  req: Request,
  begun: BegunLogin,
  identity: Identity,
  candidate: Candidate,
): Promise<void> {
  if (instance.config.onLogin === undefined && instance.connections === undefined) return
  const { sessionID } = req
  const before = snapshot(requireSession(req))
  try {
    await askApp(instance, req, begun, identity, candidate)
    await keepConnection(instance, candidate.record, identity.claims, identity.organization)
  } catch (error) {
    if (!(await loadSession(req, sessionID))) forgetEverything(req)
    throw error
  }
  // The app gave the session a new id itself: then the store does not know it yet.
  if (req.sessionID !== sessionID) return
  const changes = changesSince(before, requireSession(req))
  // What other tabs did meanwhile is in the store alone.
  if (!(await loadSession(req, sessionID))) forgetEverything(req)
  candidate.clear()
  reapply(changes, requireSession(req))
}

async function askApp(
  { config }: Instance,
  req: Request,
  { returnTo }: BegunLogin,
  { claims, organization }: Identity,
  { record, unverifiedName }: Candidate,
): Promise<void> {
  try {
    await config.onLogin?.({
      req,
      user: claims && toUser(claims, unverifiedName),
      claims,
      organization,
      unverifiedName,
      tokens: tokensOf(record),
      returnTo,
    })
  } catch (error) {
    throw new AppleLoginRefusedError('onLogin refused this login; its error is the cause.', { cause: error })
  }
}
