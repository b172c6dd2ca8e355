import type { RequestHandler } from 'express'
import { pageAnswer } from '../page.js'

const main = `<h1>Apple, simulated</h1>
<p>This server stands in for Apple while you develop and test. There is nothing to do here: open your own app and sign in
there; it will send you to this simulator and back.</p>`

/** GET /: tells whoever opens the simulator's address what it is. */
export const home: RequestHandler = function home(_req, res) {
  const { status, headers, body } = pageAnswer({ title: 'Home', main })
  res.writeHead(status, headers).end(body)
}
