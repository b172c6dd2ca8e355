import { setTimeout as pause } from 'node:timers/promises'
import type { Request, RequestHandler, Response } from 'express'
import { seeOtherAnswer, sendAnswer, type Answer } from '../answer.js'
import { errorPage } from '../error-page.js'
import { readForm } from '../form-body.js'
import { OAuthError, PageError } from '../oauth-error.js'
import { refuseOtherSites } from '../own-site.js'
import type { Parameters } from '../parameters.js'
import type { SimulatorState } from '../simulator-state.js'
import { noteOutcome, type Outcome } from '../window/outcome.js'

/** Does what a form asks for: an answer where it cannot, else what the page that follows says and waits for. */
export type CarryOut = (form: Parameters, req: Request) => Answer | Outcome

/** So that the page that follows mostly shows how it went. */
const patienceMs = 1000

/** Takes a form of the home page, and of no other site's, and leads back there. Errors go to `next`. */
export function takeHomeForm(state: SimulatorState, carryOut: CarryOut): RequestHandler {
  async function answer(req: Request, res: Response): Promise<Answer> {
    const refusal = refuseOtherSites(req, state.config.baseUrl)
    if (refusal !== undefined) return refusal
    const problemOrOutcome = carryOut(await readForm(req, res), req)
    if (!('said' in problemOrOutcome)) return problemOrOutcome
    const { said, work } = problemOrOutcome
    const note = noteOutcome(state, said)
    await Promise.race([work, pause(patienceMs, undefined, { ref: false })])
    return seeOtherAnswer(`${req.baseUrl}/?said=${String(note)}`)
  }

  return function homeForm(req, res, next) {
    answer(req, res)
      .catch((error: unknown) => {
        if (!(error instanceof OAuthError)) throw error
        return errorPage(new PageError('invalid_request', error.reason))
      })
      .then((answer) => {
        sendAnswer(res, answer)
      })
      .catch(next)
  }
}
