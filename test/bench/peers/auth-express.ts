import { ExpressAuth, type ExpressAuthConfig, getSession } from '@auth/express'
import Credentials from '@auth/express/providers/credentials'
import express, { type RequestHandler } from 'express'
import { type Login, loginOf } from '../servers/person.js'
import { serve } from '../servers/serve.js'

declare module '@auth/express' {
  interface User {
    login?: Login
  }
}

/** `full` keeps the tokens in the JWT by the callback of the package's guide to refresh tokens. */
const forms = ['id', 'full'] as const

function createConfig(form: (typeof forms)[number]): ExpressAuthConfig {
  return {
    providers: [
      Credentials({
        credentials: { person: {} },
        authorize: ({ person }) => {
          const login = loginOf(Number(person))
          return { id: login.sub, login }
        },
      }),
    ],
    callbacks: {
      jwt: ({ token, user, account }) => {
        // Only a login brings an account, and only then is there a user, whatever the types say.
        if (form === 'id' || !account || user.login === undefined) return token
        const { login } = user
        return {
          ...token,
          access_token: login.accessToken,
          expires_at: Math.floor(login.expiresAt / 1000),
          refresh_token: login.refreshToken,
          id_token: login.idToken,
        }
      },
      session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub ?? '' } }),
    },
    secret: 'bench-secret-of-more-than-32-characters',
    // Asked for in production; there is no proxy whose headers Express would have to trust as well.
    trustHost: true,
    debug: false,
  }
}

/** Signs in as a browser does, with its form and the form's CSRF token, and gives all cookies a browser then holds. */
async function signIn(origin: string, person: number): Promise<string[]> {
  const form = await fetch(`${origin}/auth/csrf`)
  const { csrfToken } = (await form.json()) as { csrfToken: string }
  const cookies = form.headers.getSetCookie()
  const answer = await fetch(`${origin}/auth/callback/credentials`, {
    method: 'POST',
    headers: { cookie: cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ') },
    body: new URLSearchParams({ csrfToken, person: String(person) }),
    redirect: 'manual',
  })
  return [...cookies, ...answer.headers.getSetCookie()]
}

serve((orders, origin) => {
  const form = forms.find((name) => name === orders.tokens)
  if (form === undefined) throw new Error(`no such form: ${orders.tokens}`)
  const config = createConfig(form)
  const requireLogin: RequestHandler = async (req, res, next) => {
    const session = await getSession(req, config)
    res.locals.session = session
    if (session?.user) next()
    else res.status(401).json({ error: 'login_required' })
  }
  const app = express()
  app.use('/auth', ExpressAuth(config))
  app.post('/seed', async (req, res) => {
    res.setHeader('set-cookie', await signIn(origin, Number(req.query.person))).end()
  })
  app.get('/guarded', requireLogin, (_req, res) => {
    res.json({ sub: (res.locals.session as Awaited<ReturnType<typeof getSession>>)?.user?.id })
  })
  return app
})
