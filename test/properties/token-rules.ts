import type { BuiltToken, TokenTruth } from './built-token.js'
import type { GeneratedNotification } from './notifications.js'

/** Which tokens are good, read from the README’s and Apple’s rules and not from the code. */

/** Is this an id_token to sign somebody in by? */
export function isGoodIdToken(token: BuiltToken, truth: TokenTruth): boolean {
  const { claims } = token
  return (
    isOfApple(token, truth) &&
    isTime(claims.get('exp'), (exp) => exp > now() - 30) &&
    isShortText(claims.get('sub')) &&
    claims.get('nonce') === truth.nonce &&
    (truth.accessTokenHash === undefined || !claims.has('at_hash') || claims.get('at_hash') === truth.accessTokenHash)
  )
}

/** Is this a notification to be taken? */
export function isGoodNotification(token: BuiltToken, truth: TokenTruth): boolean {
  const { claims } = token
  const events = eventsOf(claims.get('events'))
  return (
    isOfApple(token, truth) &&
    (!claims.has('exp') || isTime(claims.get('exp'), (exp) => exp > now() - 30)) &&
    !claims.has('nonce') &&
    isShortText(claims.get('jti')) &&
    events.length > 0 &&
    events.every(isGoodEvent)
  )
}

/** The status by which a notification has to be answered. */
export function notificationStatus(
  { contentType, body }: GeneratedNotification,
  built: BuiltToken,
  truth: TokenTruth,
): number {
  if (!contentType.isJson) return 415
  if (Buffer.byteLength(body.before + built.jwt + body.after) > 64 * 1024) return 413
  return body.hasPayload && isGoodNotification(built, truth) ? 200 : 400
}

/** How many events of a good notification an app is told of: those whose type is documented. */
export function knownEventsIn({ claims }: BuiltToken): number {
  return eventsOf(claims.get('events')).filter((event) => isObject(event) && isKnown(event.type)).length
}

/** What every token of Apple’s must be. */
function isOfApple({ jwt, signer, header, claims }: BuiltToken, truth: TokenTruth): boolean {
  const aud = claims.get('aud')
  const typ = header.get('typ')
  return (
    signer === 'its key' &&
    header.get('alg') === 'RS256' &&
    (header.get('kid') === truth.keys[0]?.kid || (!header.has('kid') && truth.keys.length === 1)) &&
    (!header.has('typ') || (typeof typ === 'string' && typ.toLowerCase() === 'jwt')) &&
    !header.has('cty') &&
    !header.has('crit') &&
    jwt.length <= 32 * 1024 &&
    Buffer.from(jwt.split('.')[1] ?? '', 'base64url').length <= 16 * 1024 &&
    claims.get('iss') === truth.issuer &&
    (Array.isArray(aud) ? aud.length === 1 && aud[0] === truth.clientId : aud === truth.clientId) &&
    (!claims.has('azp') || claims.get('azp') === truth.clientId) &&
    isTime(claims.get('iat'), (iat) => iat <= now() + 30 && iat >= now() - 24 * 3600 - 30) &&
    (!claims.has('nbf') || isTime(claims.get('nbf'), (nbf) => nbf <= now() + 30))
  )
}

/** A list, one alone, or either as a text. */
function eventsOf(claim: unknown): readonly unknown[] {
  if (typeof claim !== 'string') return Array.isArray(claim) ? claim : [claim]
  try {
    const value: unknown = JSON.parse(claim)
    return Array.isArray(value) ? value : [value]
  } catch {
    return []
  }
}

function isGoodEvent(event: unknown): boolean {
  if (!isObject(event)) return false
  const ids = [event.sub ?? undefined, event.org_id ?? undefined].filter((id) => id !== undefined)
  return isShortText(event.type) && ids.every(isShortText) && (ids.length > 0 || !isKnown(event.type))
}

function isKnown(type: unknown): boolean {
  const known = ['email-enabled', 'email-disabled', 'consent-revoked', 'account-delete', 'account-deleted']
  return typeof type === 'string' && known.includes(type)
}

function isShortText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 255
}

function isTime(value: unknown, isRight: (seconds: number) => boolean): boolean {
  return typeof value === 'number' && isRight(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function now(): number {
  return Date.now() / 1000
}
