import { createHash } from 'node:crypto'
import type { RegisteredClient } from './client-registry.js'
import { OAuthError } from './oauth-error.js'
import type { Parameters } from './parameters.js'
import type { SimulatorService } from './services.js'
import type { SimulatorState } from './simulator-state.js'
import type { IssuedCode } from './token-book.js'

/**
 * Takes a code, once.
 * @throws OAuthError `invalid_grant` with the description that Apple sends
 */
export function takeCode(
  state: SimulatorState,
  service: SimulatorService,
  client: RegisteredClient,
  form: Parameters,
): IssuedCode {
  const issued = requireLiveCode(state, service, form.get('code') ?? '')
  if (issued.used) {
    throw new OAuthError('invalid_grant', 'the code was used before', 'The code has already been used.')
  }
  if (issued.authorization.clientId !== client.clientId) {
    const description = `client_id mismatch. The code was not issued to ${client.clientId}.`
    throw new OAuthError('invalid_grant', 'the code belongs to another client', description)
  }
  const redirectUri = form.get('redirect_uri')
  if (issued.redirectUri !== redirectUri) {
    const description = `redirect_uri mismatch. The code was not issued to ${redirectUri ?? ''}.`
    throw new OAuthError('invalid_grant', 'the redirect_uri is not the one of authorize', description)
  }
  checkCodeVerifier(issued, form.get('code_verifier'))
  issued.used = true
  return issued
}

/** Tells a code that was issued to a device, which is exchanged without a redirect_uri. */
export function isNativeCode(state: SimulatorState, code: string | undefined): boolean {
  const issued = code === undefined ? undefined : state.tokens.findCode(code)
  return issued !== undefined && issued.redirectUri === undefined
}

function requireLiveCode(state: SimulatorState, service: SimulatorService, code: string): IssuedCode {
  const description = 'The code has expired or has been revoked.'
  const refusal = (reason: string) => new OAuthError('invalid_grant', reason, description)
  const issued = state.tokens.findCode(code)
  if (issued === undefined) throw refusal('the code was never issued')
  const { grant } = issued.authorization
  if (grant.service !== service) throw refusal(`the code was issued by ${grant.service}`)
  if (grant.revoked) throw refusal('the consent behind the code was revoked')
  if (state.config.now() >= issued.expiresAt) throw refusal('the code is older than 300 seconds')
  return issued
}

function checkCodeVerifier({ codeChallenge }: IssuedCode, verifier: string | undefined): void {
  if (codeChallenge === undefined) {
    // RFC 9700 2.1.1: a verifier without a challenge is a downgrade.
    if (verifier !== undefined) throw new OAuthError('invalid_grant', 'authorize had no code_challenge')
    return
  }
  if (verifier === undefined) throw new OAuthError('invalid_grant', 'the code_verifier is missing')
  const isWellFormed = /^[A-Za-z0-9._~-]{43,128}$/.test(verifier)
  if (!isWellFormed || createHash('sha256').update(verifier).digest('base64url') !== codeChallenge) {
    throw new OAuthError('invalid_grant', 'the code_verifier does not fit the code_challenge')
  }
}
