import type { Request, RequestHandler, Response } from 'express'
import { oauthErrorAnswer, sendAnswer, type Answer } from '../answer.js'
import { errorPage } from '../error-page.js'
import { strike } from '../fault-strike.js'
import type { FaultOptions } from '../faults.js'
import { readForm } from '../form-body.js'
import { OAuthError, PageError } from '../oauth-error.js'
import type { SimulatorEndpoint } from '../request-log.js'
import { parseRosterPath } from '../roster-path.js'
import type { SimulatorService } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'
import type { EndpointNote } from '../window/endpoint-note.js'
import { recordRequest } from '../window/record-request.js'

/** Works out the answer; may throw OAuthError or PageError, and may add to the record of the request. */
export type Endpoint = (req: Request, res: Response, note: EndpointNote) => Answer | Promise<Answer>

// Requests of the others change no consent and no token.
const changing: readonly SimulatorEndpoint[] = ['consent', 'token', 'revoke']

/** Turns an endpoint into Express middleware that records each request before it is answered. Errors go to `next`. */
export function serve(
  state: SimulatorState,
  name: SimulatorEndpoint,
  service: SimulatorService | undefined,
  endpoint: Endpoint,
): RequestHandler {
  async function respond(req: Request, res: Response): Promise<void> {
    const note: EndpointNote = {}
    const startedAt = performance.now()
    const answer = await answerOrStrike(req, res, note)
    const { about, handedOver, ...told } = note
    state.requests.add({
      endpoint: name,
      ...(service !== undefined && { service }),
      status: answer?.status ?? 0,
      ...told,
      at: state.config.now(),
    })
    const durationMs = performance.now() - startedAt
    recordRequest(state, { endpoint: name, service, req, note: told, about, handedOver, answer, durationMs })
    if (answer !== undefined) sendAnswer(res, answer)
  }

  async function answerOrStrike(req: Request, res: Response, note: EndpointNote): Promise<Answer | undefined> {
    const fault = state.faults.take({ endpoint: name, service, path: name === 'roster' ? req.path : '' })
    if (fault !== undefined && isAnswerLost(fault)) await readFormIfAny(req, res)
    const struck = fault === undefined ? 'spared' : await strike(fault, req, res)
    if (struck !== 'spared' && struck !== 'delayed') {
      note.reason = struck.reason
      const path = name === 'roster' ? parseRosterPath(req.path) : undefined
      if (path !== undefined) note.path = path.template
      return struck.answer
    }
    const answer = await answerOf(endpoint, req, res, note)
    // Saved before the app hears of it, so that a restart cannot forget what was answered.
    if (changing.includes(name)) state.save()
    if (struck === 'delayed') note.reason = [note.reason, 'fail() asked for a delay'].filter(Boolean).join('; ')
    return answer
  }

  return function appleEndpoint(req, res, next) {
    respond(req, res).catch(next)
  }
}

function isAnswerLost({ status, connection }: FaultOptions): boolean {
  return status !== undefined || connection !== undefined
}

// So that the window can tell which login it is that fails.
async function readFormIfAny(req: Request, res: Response): Promise<void> {
  try {
    await readForm(req, res)
  } catch {
    // The fault answers in any case.
  }
}

async function answerOf(endpoint: Endpoint, req: Request, res: Response, note: EndpointNote): Promise<Answer> {
  try {
    return await endpoint(req, res, note)
  } catch (error) {
    if (!(error instanceof OAuthError || error instanceof PageError)) throw error
    note.error = error.error
    note.reason = error.reason
    return error instanceof OAuthError ? oauthErrorAnswer(error) : errorPage(error)
  }
}
