import express, { type Express, type Request } from 'express'
import session, { type SessionData } from 'express-session'
import type { PassportStatic } from 'passport'

declare module 'express-session' {
  interface SessionData {
    /** What the apps of these tests remember of a login under way, and who is signed in. */
    appleState?: string
    appleNonce?: string
    accountId?: number
  }
}

/** A row of an app's table of accounts. */
export interface Account {
  readonly id: number
  readonly sub: string
  email?: string
  name?: string
}

/** All that an app keeps. */
export interface Database {
  readonly accounts: readonly Account[]
  /** What its sessions hold, by id. */
  readonly sessions: Readonly<Record<string, SessionData>>
}

/** What signs the session cookies. */
export const sessionSecret = 'test'

/** An app's table of accounts, and its session store. */
export class Accounts {
  readonly sessions = new session.MemoryStore()
  readonly #rows = new Map<string, Account>()

  /** Finds the account of a person, or makes one; what Apple says only once stays. */
  signIn(sub: string, email: unknown, postedUser: unknown): Account {
    const row = this.#rows.get(sub) ?? { id: 1000 + this.#rows.size, sub }
    if (typeof email === 'string') row.email = email
    const name = nameIn(postedUser)
    if (name !== undefined) row.name = name
    this.#rows.set(sub, row)
    return row
  }

  of(sub: unknown): Account | undefined {
    return typeof sub === 'string' ? this.#rows.get(sub) : undefined
  }

  find(id: number | undefined): Account | undefined {
    return [...this.#rows.values()].find((row) => row.id === id)
  }

  /** Lets passport keep an account in a session by its id. */
  rememberBy(passport: PassportStatic): void {
    passport.serializeUser((user, done) => {
      done(null, (user as Account).id)
    })
    passport.deserializeUser((id: number, done) => {
      done(null, this.find(id))
    })
  }

  /** Mounts /account, the row of whoever is signed in, and for the test /database, all that the app keeps. */
  mount(app: Express, signedIn: (req: Request) => Account | undefined): void {
    app.get('/account', (req, res) => {
      const account = signedIn(req)
      if (account === undefined) res.status(401).json({ error: 'nobody is signed in' })
      else res.json(account)
    })
    app.get('/database', (_req, res, next) => {
      this.sessions.all((error, sessions) => {
        if (error) next(error)
        else res.json({ accounts: [...this.#rows.values()], sessions })
      })
    })
  }
}

/** An app with sessions as these packages need them: in a cookie that also comes along from Apple's site. */
export function createSessionApp({ sessions: store }: Accounts): Express {
  const app = express()
  app.set('trust proxy', 1)
  const cookie = { sameSite: 'none', secure: true } as const
  app.use(session({ store, secret: sessionSecret, resave: false, saveUninitialized: false, cookie }))
  return app
}

/** The path of a URL. */
export function pathOf(url: string): string {
  return new URL(url).pathname
}

function nameIn(posted: unknown): string | undefined {
  const user = (typeof posted === 'string' ? JSON.parse(posted) : posted) as
    { name?: { firstName?: string; lastName?: string } } | undefined
  return user?.name === undefined ? undefined : `${user.name.firstName ?? ''} ${user.name.lastName ?? ''}`
}
