import { join, resolve } from 'node:path'
import express, { type Express, type RequestHandler } from 'express'
import session from 'express-session'
import helmet from 'helmet'
import { appleJsUrl, createInstances, type Instances } from './apple.js'
import { Names } from './names.js'
import { accountPage } from './pages/account.js'
import { classesPage } from './pages/classes.js'
import { errorPage } from './pages/error.js'
import { homePage } from './pages/home.js'
import { schoolPages } from './pages/school.js'
import { SchoolSync } from './schools/school-sync.js'
import { requireSetting, SettingError } from './settings.js'
import { signInButton } from './sign-in-button.js'
import { openStores, type Stores } from './stores/stores.js'

// `npm start` and the tests run in the package's folder.
const folder = resolve('example-app')
const pico = resolve('node_modules/@picocss/pico/css')

/** The school app. */
export interface SchoolApp {
  /** Answers requests. */
  readonly handler: Express
  /** Reads every connected school that is due; to be called once a day, by cron or by a timer. */
  syncAll(): Promise<void>
  /** Stops all reading and lets go of the stores. */
  close(): Promise<void>
}

/**
 * Makes the school app; all its settings are in the environment.
 *
 * @throws AppleConfigError or SettingError for settings that cannot work
 */
export async function createApp(): Promise<SchoolApp> {
  const stores = await openStores()
  try {
    const names = new Names(stores.shelf)
    const instances = createInstances(stores.apple, names)
    const { school } = instances
    const sync = school && new SchoolSync(school.connections, stores.shelf)
    // However a school was disconnected, what was read of it goes too.
    school?.on('disconnected', ({ organizationId }) => sync?.forget(organizationId))
    return {
      handler: createHandler({ stores, names, sync, ...instances }),
      async syncAll() {
        await sync?.syncAll()
      },
      async close() {
        await sync?.close()
        await Promise.all([instances.apple.close(), school?.close()])
        await stores.close()
      },
    }
  } catch (error) {
    await stores.close()
    throw error
  }
}

/** What the pages are made of. */
interface Parts extends Instances {
  readonly stores: Stores
  readonly names: Names
  readonly sync: SchoolSync | undefined
}

function createHandler({ apple, school, sync, names, stores }: Parts): Express {
  const app = express()
  app.set('view engine', 'ejs')
  app.set('views', join(folder, 'views'))
  app.locals.simulatorUrl = process.env.APPLE_BASE_URL
  app.locals.appleJsUrl = appleJsUrl()
  app.locals.signInButton = signInButton
  app.locals.inUtc = (time: Date | string) => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  trustProxy(app, process.env.TRUST_PROXY)

  app.use(securityHeaders())
  app.use(express.static(join(folder, 'public')))
  app.use('/pico', express.static(pico))
  app.use(
    session({
      secret: requireSetting('SESSION_SECRET', 'a long random text that signs the session cookie'),
      store: stores.sessions,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
    }),
  )
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  if (school) {
    app.use(school.attach())
    app.use('/auth/school', school.router())
  }

  app.get('/', homePage(names))
  app.get('/account', accountPage(names))
  app.get('/classes', classesPage(school, sync))
  app.use('/school', schoolPages(school, sync))
  app.use((_req, res) => {
    res.status(404).render('not-found')
  })
  app.use(errorPage)
  return app
}

/** Helmet's, and what signing in with Apple needs besides. */
function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        'script-src': ["'self'", new URL(appleJsUrl()).origin],
        ...signInButton('/').contentSecurityPolicy,
      },
    },
    // With helmet's own `same-origin` a popup of Apple's could not answer the page that opened it.
    crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
    // With helmet's own `no-referrer` old browsers do not say where a form comes from.
    referrerPolicy: { policy: 'same-origin' },
  })
}

function trustProxy(app: Express, proxies: string | undefined): void {
  if (!proxies) return
  try {
    app.set('trust proxy', /^\d+$/.test(proxies) ? Number(proxies) : proxies)
  } catch {
    throw new SettingError('TRUST_PROXY must be the number of proxies in front of the app, or their addresses.')
  }
}
