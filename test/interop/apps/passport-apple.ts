import { randomUUID } from 'node:crypto'
import AppleStrategy from 'passport-apple'
import express, { type Express } from 'express'
import passport from 'passport'
import { type Account, Accounts, createSessionApp, pathOf } from './accounts.js'
import { createVerify } from './apple-keys.js'
import type { ClientSettings } from './client-settings.js'

/** An app with passport-apple, after its README, except that it checks `state` and the id_token, which nothing there does. */
export function createApp(settings: ClientSettings): Express {
  const { clientId, teamId, keyId, privateKey, redirectUri } = settings
  const verify = createVerify(settings)
  const accounts = new Accounts()
  const app = createSessionApp(accounts)
  const options = {
    ...{ clientID: clientId, teamID: teamId, keyID: keyId, privateKeyString: privateKey, callbackURL: redirectUri },
    passReqToCallback: true as const,
  }

  passport.use(
    new AppleStrategy(options, (req, _accessToken, _refreshToken, idToken, _profile, done) => {
      verify(idToken)
        .then(({ sub = '', email }) => accounts.signIn(sub, email, (req.body as { user?: string }).user))
        .then((account) => {
          done(null, account)
        }, done)
    }),
  )
  accounts.rememberBy(passport)
  app.use(passport.session())

  app.get('/login', (req, res, next) => {
    const state = (req.session.appleState = randomUUID())
    passport.authenticate('apple', { state })(req, res, next)
  })
  app.post(
    pathOf(redirectUri),
    express.urlencoded({ extended: true }),
    (req, res, next) => {
      const { state } = req.body as { state?: string }
      if (state === undefined || state !== req.session.appleState)
        res.status(403).send('This is no login of this browser.')
      else next()
    },
    passport.authenticate('apple', { successRedirect: '/account' }),
  )

  accounts.mount(app, (req) => req.user as Account | undefined)
  return app
}
