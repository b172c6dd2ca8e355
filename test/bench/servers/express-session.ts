import type { Request, RequestHandler } from 'express'
import { createAppWithSession } from './app-with-session.js'
import { type Login, loginOf } from './person.js'
import { serve } from './serve.js'

/** What apps keep of a login by hand: the id alone, person and tokens as objects, or the same packed into one text. */
type Kept = 'id' | 'object' | 'packed'

declare module 'express-session' {
  interface SessionData {
    userId?: string
    user?: Person
    tokens?: Tokens
    packed?: string
  }
}

interface Person {
  readonly sub: string
  readonly email: string
}

interface Tokens extends Omit<Login, 'sub'> {
  readonly tokenType: 'Bearer'
}

function keep(kept: Kept, { session }: Request, { sub, ...login }: Login): void {
  const email = 'person@example.com'
  const { accessToken, refreshToken, idToken, expiresAt, scope } = login
  if (kept === 'id') session.userId = sub
  else if (kept === 'object') {
    session.user = { sub, email }
    session.tokens = { ...login, tokenType: 'Bearer' }
  } else session.packed = [sub, email, accessToken, refreshToken, String(expiresAt), scope, idToken].join('|')
}

/** Who is signed in, as such an app finds it out. */
function subIn({ session: { userId, user, packed } }: Request): string | undefined {
  return userId ?? user?.sub ?? packed?.slice(0, packed.indexOf('|'))
}

const requireLogin: RequestHandler = (req, res, next) => {
  if (subIn(req) === undefined) res.status(401).json({ error: 'login_required' })
  else next()
}

serve(async (orders) => {
  const app = await createAppWithSession(orders)
  app.post('/seed', (req, res) => {
    keep(orders.tokens as Kept, req, loginOf(Number(req.query.person)))
    res.end()
  })
  app.get('/guarded', requireLogin, (req, res) => {
    res.json({ sub: subIn(req) })
  })
  return app
})
