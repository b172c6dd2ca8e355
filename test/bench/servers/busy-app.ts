import type { ErrorRequestHandler } from 'express'
import { appleAuth, requireAppleAuth } from 'express-apple-auth'
import { createAppWithSession } from './app-with-session.js'
import { appleOptions } from './apple-options.js'
import { serve } from './serve.js'

/** Express's own would print each refused notification. */
const answerError: ErrorRequestHandler = ({ status, code }: { status?: number; code?: string }, _req, res, next) => {
  if (res.headersSent) next()
  else res.status(status ?? 500).json({ error: code })
}

serve(async (orders, origin) => {
  // Logins read their organization: left out, it would be asked of Apple's own Roster API.
  const apple = appleAuth({ ...appleOptions(orders, origin), rosterBaseUrl: orders.apple })
  const app = await createAppWithSession(orders)
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  app.get('/guarded', requireAppleAuth(), (req, res) => void res.json({ sub: req.apple.user?.sub }))
  app.get('/refresh', requireAppleAuth(), async (req, res) => {
    await req.apple.getAccessToken()
    res.end()
  })
  app.use(answerError)
  return app
})
