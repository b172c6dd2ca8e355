import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import session, { type SessionOptions } from 'express-session'
import request from 'supertest'
import { type AppleAuth, appleAuth, AppleAuthError, type AppleAuthOptions, requireAppleAuth } from '../../src/index.js'

declare module 'express-session' {
  interface SessionData {
    /** What the tests' apps put into a session. */
    cart?: string
    account?: string
    note?: string
  }
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** A good .p8 as text. */
export const p8 = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

/** Options that work against a loopback Apple. */
export function goodOptions(appleUrl: string, appUrl: string): AppleAuthOptions {
  return {
    service: 'sign-in-with-apple',
    clientId: 'com.example.web',
    teamId: 'TEAM123456',
    keyId: 'KEY1234567',
    privateKey: p8,
    redirectUri: `${appUrl}/auth/apple/callback`,
    baseUrl: appleUrl,
    rosterBaseUrl: appleUrl,
  }
}

/** What a test changes of the usual app. */
export interface TestAppSetup {
  options?: AppleAuthOptions
  session?: Partial<SessionOptions> | 'none'
  /** Mounted before everything else, the session included. */
  first?: (app: Express) => void
  /** Mounted between the session and the Apple router. */
  before?: (app: Express, apple: AppleAuth) => void
  /** Mounted after the router, before the error page. */
  routes?: (app: Express, apple: AppleAuth) => void
  /** Registers the app with Apple, once its address is known; gives its credentials. */
  register?: (url: string) => Pick<AppleAuthOptions, 'clientId' | 'teamId' | 'keyId' | 'privateKey'>
  /** False leaves errors to Express. */
  errorPage?: boolean
}

/** An app as a user would write it, listening on localhost. */
export class TestApp {
  readonly errors: unknown[] = []
  readonly #server: Server

  private constructor(
    /** Without a slash at its end. */
    readonly url: string,
    readonly apple: AppleAuth,
    server: Server,
  ) {
    this.#server = server
  }

  static async start(appleUrl: string, setup: TestAppSetup = {}): Promise<TestApp> {
    // A test that fails before it stops its app must not hold the process.
    const server = createServer().unref()
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    const url = `http://localhost:${String((server.address() as AddressInfo).port)}`
    const { clientId, teamId, keyId, privateKey } = setup.register?.(url) ?? goodOptions(appleUrl, url)
    const credentials = { clientId, teamId, keyId, privateKey }
    const apple = appleAuth({ ...goodOptions(appleUrl, url), ...credentials, ...setup.options })
    const testApp = new TestApp(url, apple, server)
    server.on('request', testApp.#build(setup))
    return testApp
  }

  async stop(): Promise<void> {
    await this.apple.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** A browser's cookie jar at this app. */
  visitor(): ReturnType<typeof request.agent> {
    return request.agent(this.url)
  }

  #build({ session: sessionOptions = {}, first, before, routes, errorPage = true }: TestAppSetup): Express {
    const app = express()
    first?.(app)
    if (sessionOptions !== 'none') {
      app.use(session({ secret: 'test', resave: false, saveUninitialized: false, ...sessionOptions }))
    }
    before?.(app, this.apple)
    app.use(this.apple.attach())
    app.use('/auth/apple', this.apple.router())
    app.get('/', (req, res) => {
      res.json({ signedIn: req.apple.isAuthenticated, sub: req.apple.user?.sub })
    })
    app.get('/private', requireAppleAuth(), (req, res) => {
      res.json({ user: req.apple.user, organization: req.apple.organization })
    })
    routes?.(app, this.apple)
    if (errorPage) {
      app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
        this.errors.push(error)
        const known = error instanceof AppleAuthError
        // Express's own parsers say 413 and 415 by their errors' status.
        const { status = 500 } = error as { status?: number }
        res.status(status).json(known ? { code: error.code, say: error.publicMessage } : { code: 'unknown' })
      })
    }
    return app
  }
}
