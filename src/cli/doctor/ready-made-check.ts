import { inWords } from '../lifetime.js'
import { type Check, ok, problem, skipped, warning } from './check.js'
import { readSecret } from './client-secret-parts.js'
import type { Patient } from './patient.js'

/** Checks a client secret that somebody made beforehand, as far as it can be read without its key. */
export function checkReadyMade({ raw, variable, credentials, credentialWarnings }: Patient): Check[] {
  const jwt = raw('clientSecret')
  if (jwt === undefined) {
    if (credentials === undefined) return [skipped('client-secret', 'There is no good key yet to make one with.')]
    return [ok('client-secret', 'Made from the key as it is needed; it lives for an hour.')]
  }
  const name = variable('clientSecret')
  const secret = readSecret(jwt)
  if (credentials?.kind !== 'ready-made' || secret === undefined) {
    return [skipped('client-secret', 'The problems with the credentials come first.')]
  }
  const checks = [...wrongForm(name, jwt), ...otherKey(name, secret.header.kid, raw('keyId'), variable('keyId'))]
  if (checks.length > 0) return checks
  if (credentialWarnings.length > 0) return credentialWarnings.map((message) => warning('client-secret', message))
  return [
    ok('client-secret', `Ready-made, from ${name}; it ends in ${inWords(credentials.expiresAt - Date.now() / 1000)}.`),
  ]
}

/** ES256 is 64 bytes, r and s; OpenSSL's own form, DER, is longer and begins with 0x30. */
function wrongForm(name: string, jwt: string): Check[] {
  const signature = Buffer.from(jwt.split('.')[2] ?? '', 'base64url')
  if (signature.length === 64) return []
  const form = signature[0] === 0x30 ? 'in DER form, as OpenSSL writes it' : `${String(signature.length)} bytes long`
  return [
    problem(
      'client-secret',
      `The signature of ${name} is ${form}; ES256 takes 64 bytes, r and s one after the other, and Apple refuses others.`,
      "Sign with a JOSE library, or in Node with dsaEncoding: 'ieee-p1363'; or give the key instead, so that secrets are " +
        'made as they are needed.',
    ),
  ]
}

function otherKey(name: string, kid: unknown, keyId: string | undefined, keyName: string): Check[] {
  if (keyId === undefined || kid === keyId) return []
  return [
    warning(
      'client-secret',
      `${name} was signed with another key than ${keyName} names; only the one in its header counts.`,
      `Remove ${keyName}, or make the secret with that key.`,
    ),
  ]
}
