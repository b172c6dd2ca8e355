import type { Express } from 'express'

/** Pages that ask Apple for something: `/token` for the access token, `/school` for the school. */
export function addPages(routes: Express): void {
  routes.get('/token', (req, res, next) => {
    req.apple.getAccessToken().then(() => res.json({ token: true }), next)
  })
  routes.get('/school', (req, res, next) => {
    req.apple.roster.organization().then((school) => res.json(school), next)
  })
}
