import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { decodeJwt } from 'jose/jwt/decode'
import { createClientSecret } from '../../apple/client-secret.js'
import { shown } from '../shown.js'
import type { Patient } from './patient.js'

/** A client secret as it may be shown: what a reader can decode anyway, and no signature. */
export interface ClientSecretParts {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  /** Seconds since 1970. */
  readonly expiresAt: number | undefined
  readonly isReadyMade: boolean
}

/** The client secret as the app would send it now; undefined where there is none to be had. */
export async function currentSecret({ config, raw }: Patient): Promise<ClientSecretParts | undefined> {
  const readyMade = raw('clientSecret')
  // Even one that is refused: what stands in it is the explanation.
  if (readyMade !== undefined) return readSecret(readyMade)
  if (config === undefined) return undefined
  const made = readSecret(await createClientSecret(config).current())
  return made && { ...made, isReadyMade: false }
}

/** Decodes a client secret; undefined where it is none. Of what it says, only what belongs there is taken. */
export function readSecret(jwt: string): ClientSecretParts | undefined {
  try {
    const { alg, kid } = decodeProtectedHeader(jwt)
    const { iss, sub, aud, iat, exp } = decodeJwt(jwt)
    return {
      header: { alg: shown(alg), kid: shown(kid) },
      claims: { iss: shown(iss), iat, exp, aud: shownAudience(aud), sub: shown(sub) },
      expiresAt: typeof exp === 'number' ? exp : undefined,
      isReadyMade: true,
    }
  } catch {
    return undefined
  }
}

/** The one audience that Apple takes; a list of others may be shown as far as they look like URLs. */
function shownAudience(aud: unknown): string {
  return typeof aud === 'string' && /^https:\/\/[\w./-]{1,100}$/.test(aud) ? aud : shown(aud)
}
