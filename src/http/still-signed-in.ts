import type { Request } from 'express'
import { AppleLoginRequiredError } from '../errors.js'
import { setSessionAside } from '../session/app-session.js'
import type { Instance } from './instance.js'

/**
 * To be asked after waiting for Apple and before writing to the session: the person may have signed out meanwhile, and
 * saving this request's copy would bring the ended session back. It is set aside then.
 *
 * @throws AppleLoginRequiredError when the login has ended
 */
export async function requireStillSignedIn(instance: Instance, req: Request): Promise<void> {
  if (await instance.loginRecords.isStillStored(req)) return
  setSessionAside(req)
  throw new AppleLoginRequiredError('The login was ended while Apple was asked.')
}
