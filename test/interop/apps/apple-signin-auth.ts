import { randomUUID } from 'node:crypto'
import appleSignin from 'apple-signin-auth'
import express, { type Express } from 'express'
import { Accounts, createSessionApp, pathOf } from './accounts.js'
import type { ClientSettings } from './client-settings.js'

/** An app with apple-signin-auth, after its README; the nonce is the one thing that its authorization URL has no option for. */
export function createApp({ clientId, teamId, keyId, privateKey, redirectUri }: ClientSettings): Express {
  const accounts = new Accounts()
  const app = createSessionApp(accounts)

  app.get('/login', (req, res) => {
    const [state, nonce] = [randomUUID(), randomUUID()]
    Object.assign(req.session, { appleState: state, appleNonce: nonce })
    const url = new URL(
      appleSignin.getAuthorizationUrl({ clientID: clientId, redirectUri, state, scope: 'name email' }),
    )
    url.searchParams.set('nonce', nonce)
    res.redirect(url.href)
  })

  app.post(pathOf(redirectUri), express.urlencoded({ extended: false }), async (req, res) => {
    const { appleState, appleNonce = '' } = req.session
    const { code, state, user } = req.body as Record<string, string>
    if (code === undefined || state === undefined || state !== appleState) {
      res.status(403).send('This is no login of this browser.')
      return
    }
    const clientSecret = appleSignin.getClientSecret({
      clientID: clientId,
      teamID: teamId,
      privateKey,
      keyIdentifier: keyId,
    })
    const tokens = await appleSignin.getAuthorizationToken(code, { clientID: clientId, redirectUri, clientSecret })
    const claims = await appleSignin.verifyIdToken(tokens.id_token, { audience: clientId, nonce: appleNonce })
    req.session.accountId = accounts.signIn(claims.sub, claims.email, user).id
    res.redirect('/account')
  })

  accounts.mount(app, (req) => accounts.find(req.session.accountId))
  return app
}
