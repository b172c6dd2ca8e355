import express, { type RequestHandler, type Router } from 'express'
import { createCallbackRoute } from './callback.js'
import type { Instance } from './instance.js'
import { createLoginRoute } from './login.js'
import { createLogoutRoute } from './logout.js'
import { restoreAppPolicy, securityHeaders } from './security-headers.js'

/** Makes the router: /login, /callback and /logout below whatever path it is mounted at. */
export function createRouter(instance: Instance): Router {
  const router = express.Router()
  const callback = createCallbackRoute(instance)
  const logout = createLogoutRoute(instance)
  router.use(securityHeaders)
  router.route('/login').get(createLoginRoute(instance)).all(methodNotAllowed('GET'))
  // Express answers HEAD by GET, which would carry something out.
  router
    .route('/callback')
    .head(methodNotAllowed('GET, POST'))
    .get(callback)
    .post(callback)
    .all(methodNotAllowed('GET, POST'))
  router
    .route('/logout')
    .head(methodNotAllowed('GET, POST'))
    .get(logout)
    .post(logout)
    .all(methodNotAllowed('GET, POST'))
  router.use(restoreAppPolicy)
  return router
}

function methodNotAllowed(allow: string): RequestHandler {
  return function methodNotAllowed(_req, res) {
    res.status(405).set('Allow', allow).end()
  }
}
