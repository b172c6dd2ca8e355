import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { decodeJwt } from 'jose/jwt/decode'
import type { Parse } from './settings.js'

/** A client secret that somebody made beforehand, and what is known of it. */
export interface ReadyMadeSecret {
  readonly jwt: string
  /** Seconds since 1970. */
  readonly expiresAt: number
}

const monthSeconds = 30 * 24 * 60 * 60
/** The longest life Apple allows, in seconds: six months. */
const longestSeconds = 15_777_000
const advice = 'make a new one, or give teamId, keyId and privateKey instead, so that it is made as needed'

/**
 * A ready-made client secret: an ES256 JWT for this client that has not ended; `warn` hears when it ends within a month.
 *
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
 */
export function readyMadeSecret(
  { clientId, teamId }: { clientId: string | undefined; teamId: string | undefined },
  warn: (message: string) => void,
): Parse<ReadyMadeSecret> {
  return (raw, report) => {
    const jwt = typeof raw === 'string' ? raw.trim() : ''
    const parts = decode(jwt)
    const now = Date.now() / 1000
    if (parts === undefined) {
      report(`is not a JWT: ${advice}`)
    } else if (parts.alg !== 'ES256' || typeof parts.kid !== 'string') {
      report(`must be signed with ES256 and name its key in kid: ${advice}`)
    } else if (parts.aud !== 'https://appleid.apple.com') {
      report(`must have https://appleid.apple.com as aud: ${advice}`)
    } else if (typeof parts.iss !== 'string' || parts.iss !== (teamId ?? parts.iss)) {
      report(`must have the Team ID as iss: ${advice}`)
    } else if (clientId !== undefined && parts.sub !== clientId) {
      report(`was made for another client: its sub is not the client id; ${advice}`)
    } else if (typeof parts.exp !== 'number' || parts.exp <= now) {
      report(`has expired: ${advice}`)
    } else if (parts.exp - now > longestSeconds) {
      report(`ends more than six months from now, which Apple refuses: ${advice}`)
    } else {
      if (parts.exp - now < monthSeconds) {
        warn(`The client secret ends on ${new Date(parts.exp * 1000).toISOString().slice(0, 10)}: ${advice}.`)
      }
      return { jwt, expiresAt: parts.exp }
    }
    return undefined
  }
}

function decode(jwt: string): (ReturnType<typeof decodeJwt> & { alg?: unknown; kid?: unknown }) | undefined {
  try {
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(jwt)) return undefined
    const { alg, kid } = decodeProtectedHeader(jwt)
    return { ...decodeJwt(jwt), alg, kid }
  } catch {
    return undefined
  }
}
