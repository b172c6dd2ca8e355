import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Request, RequestHandler } from 'express'
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose'
import { createAppWithSession } from './app-with-session.js'
import type { Login } from './person.js'
import { serve } from './serve.js'

/** What the callback compares Apple's answer with. */
interface Begun {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

declare module 'express-session' {
  interface SessionData {
    begun?: Begun
    login?: Login
  }
}

interface Client {
  readonly apple: string
  readonly redirectUri: string
  readonly secret: string
  readonly keys: JWTVerifyGetKey
}

interface TokenAnswer {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
  readonly expires_in: number
}

const clientId = 'com.example.bench'

/** A login as a careful person writes it for one app: what any package has to be measured against. */
serve(async (orders, origin) => {
  const client: Client = {
    apple: orders.apple,
    redirectUri: `${origin}/callback`,
    secret: await signClientSecret(),
    keys: createRemoteJWKSet(new URL(`${orders.apple}/auth/keys`)),
  }
  const app = await createAppWithSession(orders)
  app.get('/login', loginRoute(client))
  app.get('/callback', callbackRoute(client))
  app.get('/guarded', (req, res) => {
    const { login } = req.session
    if (login !== undefined) res.json({ sub: login.sub })
    else res.status(401).json({ error: 'login_required' })
  })
  return app
})

function signClientSecret(): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: 'BENCHKEY01' })
    .setIssuer('BENCHTEAM1')
    .setSubject(clientId)
    .setAudience('https://appleid.apple.com')
    .setIssuedAt()
    .setExpirationTime('30d')
    .sign(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
}

function loginRoute({ apple, redirectUri }: Client): RequestHandler {
  return async (req, res) => {
    const begun = { state: random(), nonce: random(), codeVerifier: random() }
    req.session.begun = begun
    await save(req)
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      response_mode: 'query',
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: createHash('sha256').update(begun.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    res.redirect(`${apple}/auth/authorize?${query.toString()}`)
  }
}

function callbackRoute(client: Client): RequestHandler {
  return async (req, res) => {
    const { begun } = req.session
    const { state, code } = req.query
    if (begun === undefined || typeof code !== 'string' || state !== begun.state) {
      res.status(400).json({ error: 'login_failed' })
      return
    }
    const login = await exchange(client, code, begun)
    await promisify(req.session.regenerate.bind(req.session))()
    req.session.login = login
    await save(req)
    res.redirect(303, '/')
  }
}

async function exchange({ apple, redirectUri, secret, keys }: Client, code: string, begun: Begun): Promise<Login> {
  const response = await fetch(`${apple}/auth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: clientId,
      client_secret: secret,
      grant_type: 'authorization_code',
      redirect_uri: redirectUri,
      code,
      code_verifier: begun.codeVerifier,
    }),
  })
  if (!response.ok) throw new Error(`Apple answered ${String(response.status)}`)
  const tokens = (await response.json()) as TokenAnswer
  const { payload } = await jwtVerify(tokens.id_token, keys, {
    issuer: apple,
    audience: clientId,
    algorithms: ['RS256'],
    requiredClaims: ['sub'],
  })
  if (payload.nonce !== begun.nonce) throw new Error('The id_token is of another login')
  return {
    sub: payload.sub ?? '',
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    idToken: tokens.id_token,
    expiresAt: Date.now() + tokens.expires_in * 1000,
    scope: '',
  }
}

function random(): string {
  return randomBytes(32).toString('base64url')
}

async function save(req: Request): Promise<void> {
  await promisify(req.session.save.bind(req.session))()
}
