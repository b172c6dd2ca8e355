import { requireAppleAuth } from 'express-apple-auth'
import type { RequestHandler } from 'express'
import type { Names } from '../names.js'

/** What Apple said of whoever is signed in. */
export function accountPage(names: Names): RequestHandler[] {
  return [
    requireAppleAuth(),
    async function account(req, res) {
      const { user, tokens } = req.apple
      // The view gets what it shows and never the tokens.
      res.render('account', {
        name: await names.find(user?.sub),
        user,
        scopes: tokens?.scope.split(' ').filter(Boolean),
        accessTokenEnds: tokens?.expiresAt.toISOString(),
      })
    },
  ]
}
