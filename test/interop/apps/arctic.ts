import { Apple, generateState } from 'arctic'
import express, { type Express } from 'express'
import { Accounts, createSessionApp, pathOf } from './accounts.js'
import { createVerify } from './apple-keys.js'
import type { ClientSettings } from './client-settings.js'

/** An app with arctic, after its page on Apple, except that it verifies the id_token, which arctic only decodes. */
export function createApp(settings: ClientSettings): Express {
  const { clientId, teamId, keyId, privateKey, redirectUri } = settings
  const key = Buffer.from(privateKey.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64')
  const apple = new Apple(clientId, teamId, keyId, new Uint8Array(key), redirectUri)
  const verify = createVerify(settings)
  const accounts = new Accounts()
  const app = createSessionApp(accounts)

  app.get('/login', (req, res) => {
    const state = (req.session.appleState = generateState())
    const url = apple.createAuthorizationURL(state, ['name', 'email'])
    url.searchParams.set('response_mode', 'form_post')
    res.redirect(url.href)
  })

  app.post(pathOf(redirectUri), express.urlencoded({ extended: false }), async (req, res) => {
    const { code, state, user } = req.body as Record<string, string>
    if (code === undefined || state === undefined || state !== req.session.appleState) {
      res.status(403).send('This is no login of this browser.')
      return
    }
    const tokens = await apple.validateAuthorizationCode(code)
    const { sub = '', email } = await verify(tokens.idToken())
    req.session.accountId = accounts.signIn(sub, email, user).id
    res.redirect('/account')
  })

  accounts.mount(app, (req) => accounts.find(req.session.accountId))
  return app
}
