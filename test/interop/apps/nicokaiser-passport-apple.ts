import { randomUUID } from 'node:crypto'
import AppleStrategy from '@nicokaiser/passport-apple'
import express, { type Express } from 'express'
import passport from 'passport'
import { type Account, Accounts, createSessionApp, pathOf } from './accounts.js'
import type { ClientSettings } from './client-settings.js'

/** An app with @nicokaiser/passport-apple, after its README, with the nonce that it shows and the state that it can. */
export function createApp({ clientId, teamId, keyId, privateKey, redirectUri }: ClientSettings): Express {
  const accounts = new Accounts()
  const app = createSessionApp(accounts)
  const options = {
    ...{ clientID: clientId, teamID: teamId, keyID: keyId, key: privateKey, callbackURL: redirectUri },
    scope: ['name', 'email'],
    state: true,
    verifyNonce(req: express.Request, nonce: unknown, done: (error: Error | null, isRight: boolean) => void) {
      done(null, nonce === req.session.appleNonce)
    },
  }

  passport.use(
    new AppleStrategy(options, (_accessToken, _refreshToken, profile, done) => {
      done(null, accounts.signIn(profile.id, profile.email, { name: profile.name }))
    }),
  )
  accounts.rememberBy(passport)
  app.use(passport.session())

  app.get('/login', (req, res, next) => {
    const nonce = (req.session.appleNonce = randomUUID())
    passport.authenticate('apple', { nonce } as passport.AuthenticateOptions)(req, res, next)
  })
  app.post(
    pathOf(redirectUri),
    express.urlencoded({ extended: false }),
    passport.authenticate('apple', { successRedirect: '/account' }),
  )

  accounts.mount(app, (req) => req.user as Account | undefined)
  return app
}
