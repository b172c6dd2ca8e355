import express, { type ErrorRequestHandler, type Express } from 'express'
import { appleJsPath, appleJsRoute } from './routes/apple-js.js'
import { authorizeEndpoint } from './routes/authorize.js'
import { buttonImageRoute } from './routes/button-image.js'
import { consentEndpoint, consentPath } from './routes/consent.js'
import { discoveryPath, discoveryRoute } from './routes/discovery.js'
import { serve } from './routes/endpoint.js'
import { behaveRoute, changePersonRoute, expireTokensRoute, failRoute, rotateKeysRoute } from './routes/controls.js'
import { exchangesRoute, movingPartsRoute } from './routes/exchanges.js'
import { stopUsingPath } from './home/consent-list.js'
import { movingPartsPath } from './home/moving-parts.js'
import { notifyPath } from './home/notification-form.js'
import { homeRoute } from './routes/home.js'
import { keysEndpoint } from './routes/keys.js'
import { notifyRoute } from './routes/notify.js'
import { revokeEndpoint } from './routes/revoke.js'
import { rosterEndpoint } from './routes/roster-api.js'
import { stopUsingRoute } from './routes/stop-using.js'
import { tokenEndpoint } from './routes/token.js'
import { userMigrationEndpoint, userMigrationPath } from './routes/user-migration.js'
import { serviceNames, services } from './services.js'
import type { SimulatorState } from './simulator-state.js'
import { expireTokensPath, rotateKeysPath } from './window/control-panel.js'
import { behavePath, failPath } from './window/fault-form.js'
import { exchangesPath } from './window/live-stream.js'
import { changePersonPath } from './window/person-forms.js'

/** Puts Apple's endpoints together: both families, the consent page, the Roster API and the home page. */
export function createSimulatorApp(state: SimulatorState): Express {
  const app = express()
  app.disable('x-powered-by')
  app.get('/', homeRoute(state))
  app.get(discoveryPath, discoveryRoute(state))
  app.post(stopUsingPath, stopUsingRoute(state))
  app.post(notifyPath, notifyRoute(state))
  app.get(exchangesPath, exchangesRoute(state))
  app.get(movingPartsPath, movingPartsRoute(state))
  app.post(rotateKeysPath, rotateKeysRoute(state))
  app.post(expireTokensPath, expireTokensRoute(state))
  app.post(failPath, failRoute(state))
  app.post(behavePath, behaveRoute(state))
  app.post(changePersonPath, changePersonRoute(state))
  for (const service of serviceNames) {
    const { path } = services[service]
    app.get(`${path}/authorize`, serve(state, 'authorize', service, authorizeEndpoint(state, service)))
    app.all(`${path}/token`, serve(state, 'token', service, tokenEndpoint(state, service)))
    app.all(`${path}/revoke`, serve(state, 'revoke', service, revokeEndpoint(state, service)))
    app.get(`${path}/keys`, serve(state, 'keys', service, keysEndpoint(state)))
  }
  app.all(userMigrationPath, serve(state, 'usermigrationinfo', 'sign-in-with-apple', userMigrationEndpoint(state)))
  app.get('/appleid/button', buttonImageRoute('center'))
  app.get('/appleid/button/left', buttonImageRoute('left'))
  app.get('/appleid/button/logo', buttonImageRoute('logo'))
  app.post(`${consentPath}/:consent`, serve(state, 'consent', undefined, consentEndpoint(state)))
  app.get(appleJsPath, appleJsRoute())
  app.use('/rosterapi/v1', serve(state, 'roster', undefined, rosterEndpoint(state)))
  app.use(answerFailure)
  return app
}

// A mistake in the set-up, such as a missing baseUrl: tell the developer instead of hiding it behind a generic 500.
const answerFailure: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error)
    return
  }
  const message = error instanceof Error ? error.message : 'unknown error'
  res.status(500).type('text/plain').send(`The Apple simulator failed: ${message}\n`)
}
