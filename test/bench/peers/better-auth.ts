import { betterAuth } from 'better-auth'
import { type MemoryDB, memoryAdapter } from 'better-auth/adapters/memory'
import { fromNodeHeaders } from 'better-auth/node'
import express from 'express'
import { type Login, loginOf } from '../servers/person.js'
import { serve } from '../servers/serve.js'

/** `cookie-cache` is what the package's own guide to performance begins with; `no-cache` asks the store each time. */
const forms = ['cookie-cache', 'no-cache'] as const

function createAuth(baseURL: string, cookieCache: boolean, database: MemoryDB) {
  return betterAuth({
    baseURL,
    secret: 'bench-secret-of-more-than-32-characters',
    database: memoryAdapter(database),
    session: { cookieCache: { enabled: cookieCache, maxAge: 5 * 60 } },
    socialProviders: {
      apple: {
        clientId: 'com.example.bench',
        clientSecret: 'bench-client-secret',
        // The bench's logins are unsigned, and no variant checks a signature on the guarded route.
        verifyIdToken: () => Promise.resolve(true),
        getUserInfo: ({ idToken = '' }) => Promise.resolve(personIn(idToken)),
      },
    },
    logger: { disabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
  })
}

/** The session shows the user and not the account, so that the name has to be the `sub`. */
function personIn(idToken: string) {
  const payload = Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()
  const { sub } = JSON.parse(payload) as Pick<Login, 'sub'>
  const user = { name: sub, email: `${sub}@example.com`, emailVerified: true }
  return { user, data: { ...user, sub } as never }
}

serve(async (orders, origin) => {
  const form = forms.find((name) => name === orders.tokens)
  if (form === undefined || orders.store !== 'memory') throw new Error(`no such form: ${orders.tokens}`)
  const auth = createAuth(origin, form === 'cookie-cache', { user: [], session: [], account: [], verification: [] })
  const { internalAdapter } = await auth.$context
  const app = express()
  app.post('/seed', async (req, res) => {
    const { idToken, accessToken, refreshToken, sub } = loginOf(Number(req.query.person))
    const { headers } = await auth.api.signInSocial({
      body: { provider: 'apple', idToken: { token: idToken, accessToken } },
      returnHeaders: true,
    })
    // A login by code keeps this too; one by id_token leaves it out.
    const account = await internalAdapter.findAccountByKey({ providerId: 'apple', accountId: sub })
    if (account) await internalAdapter.updateAccount(account.id, { refreshToken })
    res.setHeader('set-cookie', headers.getSetCookie()).end()
  })
  app.get('/guarded', async (req, res) => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) })
    if (session === null) res.status(401).json({ error: 'login_required' })
    else res.json({ sub: session.user.name })
  })
  return app
})
