import type { RequestHandler } from 'express'
import { sendAnswer } from '../answer.js'
import { readButtonRequest, type ButtonLayout } from '../button-image/button-request.js'
import { drawButton } from '../button-image/draw-button.js'
import { encodePng } from '../button-image/png.js'
import { errorPage } from '../error-page.js'
import { PageError } from '../oauth-error.js'
import { queryOf } from '../parameters.js'

/** GET of a button's image: a PNG, or 404 with a page that says which parameter is wrong. */
export function buttonImageRoute(layout: ButtonLayout): RequestHandler {
  return function buttonImage(req, res) {
    try {
      const png = encodePng(drawButton(readButtonRequest(layout, queryOf(req))))
      // Not by res.send(), which would hash it for an ETag.
      res.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': png.length, 'Cache-Control': 'max-age=3600' })
      res.end(png)
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      sendAnswer(res, errorPage(error, 404))
    }
  }
}
