import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { ClientSettings } from './client-settings.js'

/** Verifies an id_token for the apps whose client hands it over as it came. */
export function createVerify({ clientId, issuer }: ClientSettings): (idToken: string) => Promise<JWTPayload> {
  // A busy machine takes its time, and new keys come at once here.
  const keys = createRemoteJWKSet(new URL(`${issuer}/auth/keys`), { timeoutDuration: 20_000, cooldownDuration: 0 })
  return async (idToken) => (await jwtVerify(idToken, keys, { issuer, audience: clientId })).payload
}
