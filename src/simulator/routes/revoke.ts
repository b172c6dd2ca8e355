// https://developer.apple.com/documentation/accountorganizationaldatasharing/revoke-tokens
import { emptyAnswer } from '../answer.js'
import { authenticateClient, refuseAuthorizationHeader, requireFields } from '../client-authentication.js'
import { readForm } from '../form-body.js'
import { endConsents } from '../notifications/end-consents.js'
import { OAuthError } from '../oauth-error.js'
import type { SimulatorService } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'
import type { Endpoint } from './endpoint.js'

/** POST revoke: ends the whole consent behind a live token and tells its apps; 200 without body for any token. */
export function revokeEndpoint(state: SimulatorState, service: SimulatorService): Endpoint {
  return async function revoke(req, res, note) {
    const form = await readForm(req, res)
    refuseAuthorizationHeader(req, form)
    requireFields(form, ['client_id', 'client_secret', 'token'])
    const client = authenticateClient(state, service, form, note)
    const issued = state.tokens.find(form.get('token') ?? '')
    const hint = form.get('token_type_hint')
    if (state.config.tokenTypeHint === 'strict' && issued && hint !== undefined && hint !== issued.kind) {
      throw new OAuthError('invalid_grant', `the token_type_hint does not fit: it is ${issued.kind}`)
    }
    if (issued === undefined || !state.tokens.isLive(issued)) {
      note.reason = 'nothing was revoked: the token is unknown, expired or revoked already'
    } else if (issued.authorization.clientId !== client.clientId || issued.authorization.grant.service !== service) {
      note.reason = 'nothing was revoked: the token belongs to another client or service'
    } else {
      endConsents(state, (grant) => grant === issued.authorization.grant)
    }
    return emptyAnswer(200)
  }
}
