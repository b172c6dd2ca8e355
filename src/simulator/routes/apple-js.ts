import type { RequestHandler } from 'express'
import { emptyAnswer, sendAnswer } from '../answer.js'
import { appleJs } from '../apple-js/apple-js.js'
import { locales } from '../locales.js'

/** Where Apple's script is, on whatever host. */
export const appleJsPath = '/appleauth/static/jsapi/appleid/1/:locale/appleid.auth.js'

/** GET of Apple's script: the same in every language, since it draws nothing. */
export function appleJsRoute(): RequestHandler {
  return function appleJsScript(req, res) {
    if (!locales.includes(String(req.params.locale))) {
      sendAnswer(res, emptyAnswer(404))
      return
    }
    sendAnswer(res, {
      status: 200,
      headers: {
        'Content-Type': 'text/javascript; charset=utf-8',
        'Cache-Control': 'no-cache',
        'X-Content-Type-Options': 'nosniff',
        // Pages of other sites load it, also where an app around the simulator says otherwise.
        'Cross-Origin-Resource-Policy': 'cross-origin',
      },
      body: appleJs,
    })
  }
}
