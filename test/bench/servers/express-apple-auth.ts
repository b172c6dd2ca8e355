import type { RequestHandler } from 'express'
import { appleAuth, requireAppleAuth } from 'express-apple-auth'
import { createAppWithSession } from './app-with-session.js'
import { appleOptions } from './apple-options.js'
import { subOf } from './person.js'
import { serve } from './serve.js'

declare module 'express-session' {
  interface SessionData {
    userId?: string
  }
}

/** `guard` has the guard alone on the route; `unused` mounts attach() before a route of the app's own session. */
const forms = ['full', 'guard', 'unused'] as const

serve(async (orders, origin) => {
  const form = forms.find((name) => name === orders.tokens)
  if (form === undefined) throw new Error(`no such form: ${orders.tokens}`)
  const apple = appleAuth(appleOptions(orders, origin))
  const app = await createAppWithSession(orders)
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  app.post('/seed', (req, res) => {
    req.session.userId = subOf(Number(req.query.person))
    res.end()
  })
  app.get('/guarded', ...routeOf(form))
  return app
})

function routeOf(form: (typeof forms)[number]): RequestHandler[] {
  const fixed = subOf(0)
  switch (form) {
    case 'guard':
      return [requireAppleAuth(), (_req, res) => void res.json({ sub: fixed })]
    case 'unused':
      return [
        (req, res, next) => {
          if (req.session.userId === undefined) res.status(401).json({ error: 'login_required' })
          else next()
        },
        (req, res) => void res.json({ sub: req.session.userId }),
      ]
    default:
      return [requireAppleAuth(), (req, res) => void res.json({ sub: req.apple.user?.sub })]
  }
}
