import express, { type ErrorRequestHandler, type Express } from 'express'
import session, { type SessionOptions } from 'express-session'
import { AppleAuthError, appleAuth, requireAppleAuth, type AppleAuthOptions } from 'express-apple-auth'
import type { TestApp } from 'express-apple-auth/testing'

/** What a test changes of the usual app. */
export interface Setup {
  cookie?: SessionOptions['cookie']
  trustProxy?: boolean
  options?: AppleAuthOptions
  before?: (app: Express) => void
}

/** An app as a user would write it, configured by the environment alone. */
export function createApp(
  { environment }: Pick<TestApp, 'environment'>,
  { cookie = {}, trustProxy = false, options = {}, before }: Setup = {},
): Express {
  Object.assign(process.env, environment)
  const app = express()
  app.set('trust proxy', trustProxy)
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false, cookie }))
  before?.(app)
  const apple = appleAuth(options)
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  app.get('/account', requireAppleAuth(), (req, res) => {
    res.json({ user: req.apple.user, organization: req.apple.organization })
  })
  app.use(errorPage)
  return app
}

const errorPage: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (!(error instanceof AppleAuthError)) {
    next(error)
    return
  }
  res.status(error.status).send(error.publicMessage)
}
