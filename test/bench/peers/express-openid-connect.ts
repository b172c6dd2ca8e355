import express from 'express'
import openidConnect, { type ConfigParams } from 'express-openid-connect'
import { MemoryStore } from 'express-session'
import { type Orders, serve } from '../servers/serve.js'

// Node finds only some names of this CommonJS package.
const { auth, requiresAuth } = openidConnect

type SessionParams = NonNullable<ConfigParams['session']>

/** By default the token set lies in the cookie, encrypted; any store of express-session's kind takes it out of there. */
function sessionIn({ store }: Orders): SessionParams {
  if (store === 'cookie') return {}
  // Both sides' types tell what their own sessions hold; the store itself keeps any JSON.
  if (store === 'memory') return { store: new MemoryStore() as unknown as NonNullable<SessionParams['store']> }
  throw new Error(`no such store: ${store}`)
}

serve((orders, origin) => {
  const app = express()
  app.use(
    auth({
      baseURL: origin,
      // An http issuer needs no more than this: the package lets one pass by itself.
      issuerBaseURL: orders.apple,
      clientID: 'com.example.bench',
      clientSecret: 'bench-client-secret',
      clientAuthMethod: 'client_secret_post',
      secret: 'bench-secret-of-more-than-32-characters',
      authorizationParams: { response_type: 'code', scope: 'openid', response_mode: 'query' },
      // The guard stands on the route, as in the other variants.
      authRequired: false,
      enableTelemetry: false,
      session: sessionIn(orders),
    }),
  )
  app.get('/guarded', requiresAuth(), (req, res) => {
    res.json({ sub: req.oidc.user?.sub })
  })
  return app
})
