import { join, resolve } from 'node:path'
import { appleAuth, AppleAuthError, requireAppleAuth, type UnverifiedName } from 'express-apple-auth'
import express, { type ErrorRequestHandler, type Express } from 'express'
import session from 'express-session'
import helmet from 'helmet'

/** A variable is missing or wrong; the message alone is what the operator needs. */
export class SettingError extends Error {}

// `npm start` and the tests run in the package's folder.
const folder = resolve('example-app')
const pico = resolve('node_modules/@picocss/pico/css')

/**
 * The example app; all its settings are in the environment.
 *
 * @throws AppleConfigError or SettingError for settings that cannot work
 */
export function createApp(): Express {
  // Apple hands the name over once, at the first login. A real app keeps it in its database.
  const names = new Map<string, UnverifiedName>()

  const apple = appleAuth({
    cancelRedirect: '/?cancelled',
    onLogin({ user, unverifiedName }) {
      if (user && unverifiedName) names.set(user.sub, unverifiedName)
    },
  })

  const app = express()
  app.set('view engine', 'ejs')
  app.set('views', join(folder, 'views'))
  app.locals.connectsSchools = process.env.APPLE_SERVICE !== 'sign-in-with-apple'
  app.locals.simulatorUrl = process.env.APPLE_BASE_URL
  trustProxy(app, process.env.TRUST_PROXY)

  app.use(helmet())
  app.use(express.static(join(folder, 'public')))
  app.use('/pico', express.static(pico))
  app.use(
    session({
      secret: required('SESSION_SECRET', 'a long random text that signs the session cookie'),
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
    }),
  )
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())

  app.get('/', (req, res) => {
    const { isAuthenticated, user, organization } = req.apple
    res.set('Cache-Control', 'no-store')
    res.render('home', {
      isAuthenticated,
      who: organization?.name ?? fullName(names.get(user?.sub ?? '')) ?? user?.email,
      cancelled: req.query.cancelled !== undefined,
    })
  })

  app.get('/account', requireAppleAuth(), (req, res) => {
    const { user, organization, tokens } = req.apple
    // The view gets what it shows and never the tokens.
    res.render('account', {
      name: fullName(names.get(user?.sub ?? '')),
      user,
      organization,
      scopes: tokens?.scope.split(' ').filter(Boolean),
      accessTokenEnds: tokens?.expiresAt.toISOString(),
    })
  })

  app.use((_req, res) => {
    res.status(404).render('not-found')
  })
  app.use(errorPage)
  return app
}

/** Shows visitors a neutral sentence, and the operator what happened. */
const errorPage: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error)
  } else if (error instanceof AppleAuthError) {
    console.error(`${error.code}: ${error.message}`, error.details)
    res.status(error.status).set(error.headers)
    res.render('error', { message: error.publicMessage, code: error.code })
  } else {
    console.error(error)
    res.status(500).render('error', { message: 'Something went wrong here. Please try again.', code: undefined })
  }
}

function fullName(name: UnverifiedName | undefined): string | undefined {
  const parts = [name?.firstName, name?.lastName].filter(Boolean)
  return parts.length === 0 ? undefined : parts.join(' ')
}

function required(variable: string, meaning: string): string {
  const value = process.env[variable]
  if (!value) throw new SettingError(`${variable} is missing: set it to ${meaning}.`)
  return value
}

function trustProxy(app: Express, proxies: string | undefined): void {
  if (!proxies) return
  try {
    app.set('trust proxy', /^\d+$/.test(proxies) ? Number(proxies) : proxies)
  } catch {
    throw new SettingError('TRUST_PROXY must be the number of proxies in front of the app, or their addresses.')
  }
}
