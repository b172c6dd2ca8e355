import type { RequestHandler } from 'express'
import passport from 'passport'
import { createAppWithSession } from '../servers/app-with-session.js'
import { type Login, loginOf } from '../servers/person.js'
import { serve } from '../servers/serve.js'

declare global {
  namespace Express {
    interface User {
      readonly sub: string
    }
  }
}

/** Keeps the id alone, as Passport's docs do, or the whole login, as apps do that need its tokens later. */
function keep(kept: string): void {
  if (kept === 'full') {
    passport.serializeUser<Login>((user, done) => {
      done(null, user as Login)
    })
    passport.deserializeUser<Login>((login, done) => {
      done(null, login)
    })
  } else if (kept === 'id') {
    passport.serializeUser<string>((user, done) => {
      done(null, user.sub)
    })
    // An app would look the person up; that would measure its database.
    passport.deserializeUser<string>((sub, done) => {
      done(null, { sub })
    })
  } else throw new Error(`no such tokens: ${kept}`)
}

const requireLogin: RequestHandler = (req, res, next) => {
  if (req.isAuthenticated()) next()
  else res.status(401).json({ error: 'login_required' })
}

serve(async (orders) => {
  keep(orders.tokens)
  const app = await createAppWithSession(orders)
  // Alone, as in its own tutorial: initialize() is there for strategies written for Passport 0.4.
  app.use(passport.session())
  app.post('/seed', (req, res, next) => {
    req.login(loginOf(Number(req.query.person)), (error: unknown) => {
      if (error === undefined) res.end()
      else next(error)
    })
  })
  app.get('/guarded', requireLogin, (req, res) => {
    res.json({ sub: req.user?.sub })
  })
  return app
})
