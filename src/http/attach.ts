import type { RequestHandler } from 'express'
import type { Instance } from './instance.js'
import { putRequestApple } from './lazy-request-apple.js'
import { settleLogin } from './settle-login.js'

/**
 * Makes the middleware that puts `req.apple` on every request; an instance of another name is reached by `from()`.
 *
 * It waits only where somebody is signed in and it is not known whether Apple has ended that login.
 */
export function createAttach(instance: Instance): RequestHandler {
  const isDefault = instance.config.name === 'apple'
  return function attachApple(req, _res, next) {
    if (isDefault) putRequestApple(instance, req)
    instance.pendingLogins.keepBrief(req)
    const settling = settleLogin(instance, req)
    if (settling === undefined) next()
    else {
      settling.then(() => {
        next()
      }, next)
    }
  }
}
