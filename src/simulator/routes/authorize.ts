import { randomBytes } from 'node:crypto'
import { parseAuthorizationRequest } from '../authorization-request.js'
import { consentPage } from '../consent-page.js'
import { queryOf } from '../parameters.js'
import type { SimulatorService } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'
import { consentPath } from './consent.js'
import type { Endpoint } from './endpoint.js'

/** GET authorize: checks everything, then asks the person in front of the screen. */
export function authorizeEndpoint(state: SimulatorState, service: SimulatorService): Endpoint {
  return function authorize(req, _res, note) {
    const request = parseAuthorizationRequest(service, queryOf(req), state.clients)
    note.clientId = request.client.clientId
    note.about = request
    const id = randomBytes(32).toString('base64url')
    state.consents.set(id, request)
    return consentPage({ request, directory: state.directory, action: `${req.baseUrl}${consentPath}/${id}` })
  }
}
