// https://developer.apple.com/documentation/signinwithapplerestapi/request-an-authorization-to-the-sign-in-with-apple-server
import type { ClientRegistry, RegisteredClient } from './client-registry.js'
import { PageError } from './oauth-error.js'
import { parseParameters, type Parameters, shortName } from './parameters.js'
import { parseResponseDelivery, type ResponseDelivery } from './response-mode.js'
import { services, testScope, type ResponseType, type SimulatorService } from './services.js'

/** A request that passed all of Apple's checks. */
export interface AuthorizationRequest extends ResponseDelivery {
  readonly service: SimulatorService
  readonly client: RegisteredClient
  readonly redirectUri: string
  readonly responseType: ResponseType
  readonly scopes: readonly string[]
  readonly state: string | undefined
  readonly nonce: string | undefined
  /** S256, RFC 7636. */
  readonly codeChallenge: string | undefined
}

/**
 * Reads the query of authorize.
 * @throws PageError: Apple shows it and never redirects, least of all to a URI that is not registered
 */
export function parseAuthorizationRequest(
  service: SimulatorService,
  query: string,
  clients: ClientRegistry,
): AuthorizationRequest {
  const parameters = parseParameters(query)
  if (!parameters.wellFormed) throw new PageError('invalid_request', 'The query is not percent-encoded UTF-8.')
  if (parameters.repeated !== undefined) {
    throw new PageError('invalid_request', `The parameter ${shortName(parameters.repeated)} is repeated.`)
  }
  const client = parseClient(service, parameters, clients)
  const redirectUri = parseRedirectUri(parameters, client)
  const responseType = parseResponseType(service, parameters)
  const scopes = parseScopes(service, parameters, client)
  return {
    service,
    client,
    redirectUri,
    responseType,
    ...parseResponseDelivery(service, parameters, responseType, scopes),
    scopes,
    state: parameters.get('state'),
    nonce: parameters.get('nonce'),
    codeChallenge: parseCodeChallenge(parameters),
  }
}

function requireParameter(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw new PageError('invalid_request', `The parameter ${name} is missing.`)
  return value
}

function parseClient(service: SimulatorService, parameters: Parameters, clients: ClientRegistry): RegisteredClient {
  const client = clients.find(requireParameter(parameters, 'client_id'))
  if (client === undefined)
    throw new PageError('invalid_client', 'The client_id is not registered with this simulator.')
  if (!client.services.includes(service)) {
    throw new PageError('invalid_client', `${client.clientId} is not configured for ${services[service].title}.`)
  }
  return client
}

function parseRedirectUri(parameters: Parameters, client: RegisteredClient): string {
  const redirectUri = parameters.get('redirect_uri')
  if (redirectUri === undefined || !client.redirectUris.includes(redirectUri)) {
    const problem = redirectUri === undefined ? 'The redirect_uri is missing' : 'The redirect_uri is not registered'
    const registered = client.redirectUris.join(' ')
    throw new PageError(
      'invalid_request',
      `${problem}. Registered for ${client.clientId}, compared character by character: ${registered}`,
      'Invalid web redirect url',
    )
  }
  return redirectUri
}

function parseResponseType(service: SimulatorService, parameters: Parameters): ResponseType {
  const known = services[service].responseTypes
  const asked = requireParameter(parameters, 'response_type')
  const responseType = known.find((type) => type === asked)
  if (responseType === undefined) {
    throw new PageError('invalid_request', `The response_type must be ${known.join(' or ')}.`)
  }
  return responseType
}

function parseScopes(service: SimulatorService, parameters: Parameters, client: RegisteredClient): readonly string[] {
  const { scopeParameterRequired, scopes: known } = services[service]
  // An empty scope asks for nothing, which Apple's page allows although it calls the parameter required.
  if (scopeParameterRequired && !parameters.has('scope')) {
    throw new PageError('invalid_request', 'The parameter scope is missing; it may be empty.')
  }
  const scopes = parameters.get('scope')?.split(' ') ?? []
  if (!scopes.every((scope) => known.includes(scope) && client.scopes.includes(scope))) {
    const allowed = known.filter((scope) => client.scopes.includes(scope)).join(' ')
    throw new PageError(
      'invalid_scope',
      `Scopes are separated by one space. ${client.clientId} may ask for: ${allowed}`,
    )
  }
  if (scopes.includes(testScope) && scopes.some((scope) => scope !== testScope)) {
    throw new PageError('invalid_scope', `${testScope} is approved by another account and so cannot be mixed.`)
  }
  return [...new Set(scopes)]
}

function parseCodeChallenge(parameters: Parameters): string | undefined {
  const challenge = parameters.get('code_challenge')
  const method = parameters.get('code_challenge_method')
  if (challenge === undefined && method === undefined) return undefined
  if (method !== 'S256') throw new PageError('invalid_request', 'The code_challenge_method must be S256.')
  if (challenge === undefined || !/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw new PageError('invalid_request', 'The code_challenge must be the base64url SHA-256 of the verifier.')
  }
  return challenge
}
