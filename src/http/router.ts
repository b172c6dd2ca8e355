import express, { type RequestHandler, type Router } from 'express'
import { createCallbackRoute } from './callback.js'
import type { Instance } from './instance.js'
import { createLoginRoute } from './login.js'
import { createLogoutRoute } from './logout.js'
import { createNativeRoute } from './native.js'
import { createNotificationsRoute } from './notifications.js'
import { restoreAppPolicy, securityHeaders } from './security-headers.js'

/** Makes the router: /login, /callback, /native (people only), /logout and /notifications below whatever path it is mounted at. */
export function createRouter(instance: Instance): Router {
  const router = express.Router()
  router.route('/login').all(securityHeaders).get(createLoginRoute(instance)).all(methodNotAllowed('GET'))
  for (const [path, handler] of [
    ['/callback', createCallbackRoute(instance)],
    ['/logout', createLogoutRoute(instance)],
  ] as const) {
    const refuse = methodNotAllowed('GET, POST')
    // Express answers HEAD by GET, which would carry something out.
    router.route(path).all(securityHeaders).head(refuse).get(handler).post(handler).all(refuse)
  }
  if (!instance.config.rules.hasRoster) {
    router.route('/native').all(securityHeaders).post(createNativeRoute(instance)).all(methodNotAllowed('POST'))
  }
  const take = createNotificationsRoute(instance)
  router.route('/notifications').all(securityHeaders).post(take).all(methodNotAllowed('POST'))
  router.use(restoreAppPolicy)
  return router
}

function methodNotAllowed(allow: string): RequestHandler {
  return function methodNotAllowed(_req, res) {
    res.status(405).set('Allow', allow).end()
  }
}
