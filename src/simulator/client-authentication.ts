import type { Request } from 'express'
import type { RegisteredClient } from './client-registry.js'
import { verifyClientSecret } from './client-secret.js'
import { OAuthError } from './oauth-error.js'
import type { Parameters } from './parameters.js'
import type { RequestNote } from './request-log.js'
import type { SimulatorService } from './services.js'
import type { SimulatorState } from './simulator-state.js'

/**
 * Requires fields that must not be empty.
 * @throws OAuthError `invalid_request` naming the first one that is missing
 */
export function requireFields(form: Parameters, names: readonly string[]): void {
  const missing = names.find((name) => form.get(name) === undefined)
  if (missing !== undefined) throw new OAuthError('invalid_request', `the field ${missing} is missing`)
}

/**
 * Refuses an Authorization header: Apple takes the client secret in the form body only.
 * @throws OAuthError `invalid_client` for the header alone, `invalid_request` for two mechanisms at once
 */
export function refuseAuthorizationHeader(req: Request, form: Parameters): void {
  if (req.headers.authorization === undefined) return
  if (form.has('client_secret')) {
    throw new OAuthError('invalid_request', 'there is an Authorization header besides client_secret')
  }
  throw new OAuthError('invalid_client', 'client_id and client_secret belong in the form body, not in a header')
}

/**
 * Authenticates the client of a token or revoke request.
 * @throws OAuthError `invalid_client`
 */
export function authenticateClient(
  state: SimulatorState,
  service: SimulatorService,
  form: Parameters,
  note: RequestNote,
): RegisteredClient {
  const client = state.clients.find(form.get('client_id'))
  if (client === undefined) throw new OAuthError('invalid_client', 'the client_id is not registered')
  note.clientId = client.clientId
  if (!client.services.includes(service)) {
    throw new OAuthError('invalid_client', `the client is not configured for ${service}`)
  }
  const nowSeconds = Math.floor(state.config.now() / 1000)
  verifyClientSecret(form.get('client_secret') ?? '', client, service, nowSeconds)
  return client
}
