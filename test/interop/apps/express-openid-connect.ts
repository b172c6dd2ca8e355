import { createPrivateKey, sign } from 'node:crypto'
import express, { type Express } from 'express'
import { auth } from 'express-openid-connect'
import { Accounts, pathOf } from './accounts.js'
import { createVerify } from './apple-keys.js'
import type { ClientSettings } from './client-settings.js'

/**
 * An app with express-openid-connect, set up for Apple. It finds the endpoints by discovery, makes the client secret by
 * itself, and verifies the id_token's signature, which the package leaves to TLS.
 */
export function createApp(settings: ClientSettings): Express {
  const verify = createVerify(settings)
  const accounts = new Accounts()
  const app = express()

  app.use(
    auth({
      issuerBaseURL: settings.issuer,
      baseURL: settings.appUrl,
      clientID: settings.clientId,
      clientSecret: createClientSecret(settings),
      clientAuthMethod: 'client_secret_post',
      authorizationParams: { response_type: 'code', response_mode: 'form_post', scope: 'openid name email' },
      routes: { callback: pathOf(settings.redirectUri) },
      secret: 'a secret for the session cookie',
      authRequired: false,
      enableTelemetry: false,
      // A busy machine takes its time.
      httpTimeout: 20_000,
      async afterCallback(req, _res, session) {
        const { sub = '', email } = await verify(session.id_token)
        accounts.signIn(sub, email, (req as express.Request<unknown, unknown, { user?: string }>).body.user)
        return session
      },
    }),
  )
  app.get('/', (_req, res) => {
    res.redirect('/account')
  })

  accounts.mount(app, ({ oidc }) => accounts.of(oidc.user?.sub))
  return app
}

/** The package knows no client secret but a constant one: a JWT that is good for a month. */
function createClientSecret({ clientId, teamId, keyId, privateKey }: ClientSettings): string {
  const seconds = Math.floor(Date.now() / 1000)
  const claims = {
    iss: teamId,
    iat: seconds,
    exp: seconds + 30 * 86400,
    aud: 'https://appleid.apple.com',
    sub: clientId,
  }
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const input = `${encode({ alg: 'ES256', kid: keyId })}.${encode(claims)}`
  const key = createPrivateKey(privateKey)
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
