import type { Request, RequestHandler, Response } from 'express'
import { oauthErrorAnswer, type Answer } from '../answer.js'
import { errorPage } from '../error-page.js'
import { OAuthError, PageError } from '../oauth-error.js'
import type { RequestNote, SimulatorEndpoint } from '../request-log.js'
import type { SimulatorService } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'

/** Works out the answer; may throw OAuthError or PageError, and may add to the record of the request. */
export type Endpoint = (req: Request, res: Response, note: RequestNote) => Answer | Promise<Answer>

/** Turns an endpoint into Express middleware that records each request before it is answered. Errors go to `next`. */
export function serve(
  state: SimulatorState,
  name: SimulatorEndpoint,
  service: SimulatorService | undefined,
  endpoint: Endpoint,
): RequestHandler {
  async function respond(req: Request, res: Response): Promise<void> {
    const note: RequestNote = {}
    const answer = await answerOf(endpoint, req, res, note)
    state.requests.add({
      endpoint: name,
      ...(service !== undefined && { service }),
      status: answer.status,
      ...note,
      at: state.config.now(),
    })
    // Not res.send(), which rewrites the content type.
    res.writeHead(answer.status, { ...answer.headers, 'Content-Length': Buffer.byteLength(answer.body) })
    res.end(answer.body)
  }
  return function appleEndpoint(req, res, next) {
    respond(req, res).catch(next)
  }
}

async function answerOf(endpoint: Endpoint, req: Request, res: Response, note: RequestNote): Promise<Answer> {
  try {
    return await endpoint(req, res, note)
  } catch (error) {
    if (!(error instanceof OAuthError || error instanceof PageError)) throw error
    note.error = error.error
    note.reason = error.reason
    return error instanceof OAuthError ? oauthErrorAnswer(error) : errorPage(error)
  }
}
