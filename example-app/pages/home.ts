import type { RequestHandler } from 'express'
import type { Names } from '../names.js'

/** The first page: signing in, and the way for administrators. */
export function homePage(names: Names): RequestHandler {
  return async function home(req, res) {
    const { isAuthenticated, user } = req.apple
    const who = (await names.find(user?.sub)) ?? user?.email
    res.set('Cache-Control', 'no-store')
    res.render('home', { isAuthenticated, who, cancelled: req.query.cancelled !== undefined })
  }
}
