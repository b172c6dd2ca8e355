import type { Request, RequestHandler } from 'express'
import type { Instance } from './instance.js'
import { createRequestApple } from './lazy-request-apple.js'
import type { RequestApple } from './request-apple.js'
import { stateOf } from './request-state.js'
import { settleLogin } from './settle-login.js'

/** Gives the request's `RequestApple`, the same one each time. */
export type FromRequest = (req: Request) => RequestApple

/** Makes `from()` for an instance. */
export function createFrom(instance: Instance): FromRequest {
  return function from(req) {
    const state = stateOf(instance, req)
    state.apple ??= createRequestApple(instance, req)
    return state.apple
  }
}

/**
 * Makes the middleware that puts `req.apple` on every request; an instance of another name is reached by `from()`.
 *
 * It waits only where somebody is signed in and it is not known whether Apple has ended that login.
 */
export function createAttach(instance: Instance, from: FromRequest): RequestHandler {
  const isDefault = instance.config.name === 'apple'
  return function attachApple(req, _res, next) {
    if (isDefault) req.apple = from(req)
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
