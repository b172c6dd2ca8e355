// https://developer.apple.com/documentation/accountorganizationaldatasharing/generate-and-validate-tokens
import { jsonAnswer, type Answer } from '../answer.js'
import { authenticateClient, refuseAuthorizationHeader, requireFields } from '../client-authentication.js'
import type { RegisteredClient } from '../client-registry.js'
import { isNativeCode, takeCode } from '../code-exchange.js'
import { readForm } from '../form-body.js'
import { createIdToken } from '../id-token.js'
import { OAuthError } from '../oauth-error.js'
import type { Parameters } from '../parameters.js'
import { services, testScope, type SimulatorService } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'
import { accessTokenLifetimeSeconds, type Authorization } from '../token-book.js'
import type { Endpoint } from './endpoint.js'

const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['code', 'redirect_uri'],
  refresh_token: ['refresh_token'],
  client_credentials: ['scope'],
}

/** POST token: form, grant type, client, then the code or refresh token, as Apple's answers show their order. */
export function tokenEndpoint(state: SimulatorState, service: SimulatorService): Endpoint {
  return async function token(req, res, note) {
    const form = await readForm(req, res)
    refuseAuthorizationHeader(req, form)
    requireFields(form, ['client_id', 'client_secret', 'grant_type'])
    const grantType = requireGrantType(service, form)
    note.grantType = grantType
    requireFields(form, requiredFields(state, grantType, form))
    const client = authenticateClient(state, service, form, note)
    if (grantType === 'authorization_code') return exchangeCode(state, service, client, form)
    if (grantType === 'refresh_token') return refresh(state, service, client, form)
    return issueTeamToken(state, service, client, form)
  }
}

function requiredFields(state: SimulatorState, grantType: string, form: Parameters): readonly string[] {
  const names = fieldsOf[grantType] ?? []
  return isNativeCode(state, form.get('code')) ? names.filter((name) => name !== 'redirect_uri') : names
}

function requireGrantType(service: SimulatorService, form: Parameters): string {
  const known = services[service].grantTypes
  const grantType = known.find((type) => type === form.get('grant_type'))
  if (grantType === undefined) {
    throw new OAuthError('unsupported_grant_type', `the grant_type is not one of ${known.join(', ')}`)
  }
  return grantType
}

async function exchangeCode(
  state: SimulatorState,
  service: SimulatorService,
  client: RegisteredClient,
  form: Parameters,
): Promise<Answer> {
  const { authorization, nonce } = takeCode(state, service, client, form)
  const accessToken = state.tokens.issueAccessToken(authorization)
  return jsonAnswer({
    ...bearer(accessToken),
    refresh_token: state.tokens.issueRefreshToken(authorization),
    ...(await idToken(state, client, authorization, accessToken, nonce)),
  })
}

async function refresh(
  state: SimulatorState,
  service: SimulatorService,
  client: RegisteredClient,
  form: Parameters,
): Promise<Answer> {
  const issued = state.tokens.find(form.get('refresh_token') ?? '')
  if (issued?.kind !== 'refresh_token') throw new OAuthError('invalid_grant', 'the refresh token was never issued')
  const { authorization } = issued
  if (authorization.grant.service !== service || authorization.clientId !== client.clientId) {
    throw new OAuthError('invalid_grant', 'the refresh token belongs to another client or service')
  }
  if (!state.tokens.isLive(issued)) throw new OAuthError('invalid_grant', 'the consent was revoked')
  const accessToken = state.tokens.issueAccessToken(authorization)
  return jsonAnswer({
    ...bearer(accessToken),
    ...(await idToken(state, client, authorization, accessToken, undefined)),
  })
}

/** The token for moving people to another team. */
function issueTeamToken(
  state: SimulatorState,
  service: SimulatorService,
  client: RegisteredClient,
  form: Parameters,
): Answer {
  if (form.get('scope') !== 'user.migration') throw new OAuthError('invalid_scope', 'the scope is not user.migration')
  const { grant } = state.grants.open({ service, client })
  const authTime = Math.floor(state.config.now() / 1000)
  const { clientId } = client
  const scopes = ['user.migration']
  return jsonAnswer(bearer(state.tokens.issueAccessToken({ grant, clientId, scopes, person: undefined, authTime })))
}

function bearer(accessToken: string): object {
  return { access_token: accessToken, token_type: 'Bearer', expires_in: accessTokenLifetimeSeconds }
}

// Apple's guide to the test scope shows no id_token, neither here nor after a refresh.
async function idToken(
  state: SimulatorState,
  client: RegisteredClient,
  authorization: Authorization,
  accessToken: string,
  nonce: string | undefined,
): Promise<object> {
  if (authorization.scopes.includes(testScope)) return {}
  return { id_token: await createIdToken(state, client, authorization, { nonce, accessToken }) }
}
