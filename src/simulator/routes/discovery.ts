// https://openid.net/specs/openid-connect-discovery-1_0.html
import type { RequestHandler } from 'express'
import { jsonAnswer, sendAnswer } from '../answer.js'
import { services } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'

/** Where the document is, below the issuer. */
export const discoveryPath = '/.well-known/openid-configuration'

/** GET the discovery document of Sign in with Apple, for clients that want one. Apple has none for Data Sharing. */
export function discoveryRoute(state: SimulatorState): RequestHandler {
  return function discovery(_req, res) {
    const issuer = state.url()
    const endpoint = (name: string) => `${issuer}${services['sign-in-with-apple'].path}/${name}`
    sendAnswer(
      res,
      jsonAnswer({
        issuer,
        authorization_endpoint: endpoint('authorize'),
        token_endpoint: endpoint('token'),
        revocation_endpoint: endpoint('revoke'),
        jwks_uri: endpoint('keys'),
        ...asSeen,
      }),
    )
  }
}

// What Apple's document said: no userinfo endpoint, and nothing of `code id_token` and PKCE.
const asSeen = {
  response_types_supported: ['code'],
  response_modes_supported: ['query', 'fragment', 'form_post'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  scopes_supported: ['openid', 'email', 'name'],
  token_endpoint_auth_methods_supported: ['client_secret_post'],
  claims_supported: [
    'aud',
    'email',
    'email_verified',
    'exp',
    'iat',
    'is_private_email',
    'iss',
    'nonce',
    'nonce_supported',
    'real_user_status',
    'sub',
    'transfer_sub',
  ],
}
