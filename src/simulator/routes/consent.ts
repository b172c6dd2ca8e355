import type { Request, Response } from 'express'
import { listCandidates } from '../approvers.js'
import type { Answer } from '../answer.js'
import { approve, cancel, deliver, type ResponseFields } from '../authorization-response.js'
import type { AuthorizationRequest } from '../authorization-request.js'
import { consentPage } from '../consent-page.js'
import type { SimulatorPerson } from '../person.js'
import { readForm } from '../form-body.js'
import { OAuthError, PageError } from '../oauth-error.js'
import type { Parameters } from '../parameters.js'
import type { RequestNote } from '../request-log.js'
import type { SimulatorState } from '../simulator-state.js'
import type { EndpointNote } from '../window/endpoint-note.js'
import type { Endpoint } from './endpoint.js'

/** Where the consent page posts to; the id of the page follows. */
export const consentPath = '/simulator/consent'

/** POST of a decision. It may come again after Back or Reload: each Continue makes a fresh code. */
export function consentEndpoint(state: SimulatorState): Endpoint {
  return async function consent(req, res, note) {
    const request = requireRequest(state, req)
    note.clientId = request.client.clientId
    note.about = request
    const form = await readDecision(req, res)
    const decision = form.get('decision')
    if (decision === 'cancel') {
      note.error = 'user_cancelled_authorize'
      return handOver(note, request, cancel(request))
    }
    if (decision !== 'continue') throw new PageError('invalid_request', 'The decision is neither continue nor cancel.')
    const choice = choosePerson(state, request, form)
    if ('refusal' in choice) return refuse(state, req, note, request, choice.refusal)
    const fields = await approve(state, request, choice.person, form.get('hide_email') === 'true')
    return handOver(note, request, fields)
  }
}

function handOver(note: EndpointNote, request: AuthorizationRequest, fields: ResponseFields): Answer {
  note.handedOver = fields
  return deliver(request, fields)
}

function requireRequest(state: SimulatorState, req: Request): AuthorizationRequest {
  const { consent: id } = req.params
  const request = typeof id === 'string' ? state.consents.get(id) : undefined
  if (request === undefined) {
    throw new PageError('invalid_request', 'This page is no longer known. Go back to the app and start again.')
  }
  return request
}

// A browser reads this answer, so a refusal must be a page.
async function readDecision(req: Request, res: Response): Promise<Parameters> {
  try {
    return await readForm(req, res)
  } catch (error) {
    throw error instanceof OAuthError ? new PageError('invalid_request', error.reason) : error
  }
}

function choosePerson(
  state: SimulatorState,
  request: AuthorizationRequest,
  form: Parameters,
): { person: SimulatorPerson } | { refusal: string } {
  const id = form.get('person')
  if (id === undefined) return { refusal: 'Choose somebody, then press Continue.' }
  const candidate = listCandidates(request, state.directory).find(({ person }) => person.id === id)
  if (candidate === undefined) return { refusal: 'The simulator knows no account with this id.' }
  return candidate.refusal === undefined ? { person: candidate.person } : { refusal: candidate.refusal }
}

function refuse(state: SimulatorState, req: Request, note: RequestNote, request: AuthorizationRequest, alert: string) {
  note.reason = alert
  return consentPage({ request, directory: state.directory, action: req.originalUrl, alert }, 403)
}
