import type { AppleAuthConfig } from '../config/config.js'
import { AppleNotificationError } from '../errors.js'
import { createAppleJwtVerifier, type VerifiedJwt } from './apple-jwt.js'
import type { FindKey } from './key-set.js'

/**
 * Apple's server-to-server notifications, of both services and in every form that was documented or seen.
 *
 * @see https://developer.apple.com/documentation/signinwithapple/processing-changes-for-sign-in-with-apple-accounts
 * @see https://developer.apple.com/documentation/rosterapi/obtaining-information-about-people-and-classes
 */

/** What Apple is known to tell. */
export type AppleNotificationType = 'email-enabled' | 'email-disabled' | 'consent-revoked' | 'account-deleted'

/** One event that Apple tells of; `Type` is wider for types that this version does not know. */
export interface AppleNotification<Type extends string = AppleNotificationType> {
  readonly type: Type
  /** The notification's `jti`: the same one when Apple sends it again. Several events may come in one. */
  readonly notificationId: string
  /** The person, as `user.sub` of a login. */
  readonly sub?: string
  /** The school: the id of its connection. */
  readonly organizationId?: string
  /** Data Sharing: what is no longer granted, separated by spaces. */
  readonly scopes?: string
  /** The two e-mail events: the relay address. */
  readonly email?: string
  /** The two e-mail events: whether `email` is an address of Apple's private relay. */
  readonly isPrivateEmail?: boolean
  /** When it happened, by Apple's clock. */
  readonly eventTime: Date
  /** The client id that Apple sent it to: `clientId`, or one of `audiences`. */
  readonly audience: string
}

/** A notification that Apple signed. */
export interface SignedNotification {
  /** Its `jti`. */
  readonly id: string
  readonly events: readonly AppleNotification<string>[]
}

/** Verifies a notification's JWT; rejects with AppleNotificationError or AppleUnavailableError. */
export type VerifyNotification = (jwt: string) => Promise<SignedNotification>

const knownTypes: Readonly<Record<AppleNotificationType, true>> = {
  'email-enabled': true,
  'email-disabled': true,
  'consent-revoked': true,
  'account-deleted': true,
}
/** Times above this are milliseconds: in seconds it is the year 5138. */
const largestSeconds = 1e11

/** Makes the one verifier of notifications for a configuration. */
export function createNotificationVerifier(config: AppleAuthConfig, findKey: FindKey): VerifyNotification {
  const verifyJwt = createAppleJwtVerifier(config, findKey, {
    name: 'notification',
    createError: (message, options) => new AppleNotificationError(message, options),
    audienceAdvice: `: if that one is yours too, put it into audiences (${config.envPrefix}AUDIENCES)`,
    // Apple's samples have none; on the wire there is one.
    needsExp: false,
  })

  return async function verifyNotification(jwt) {
    const { payload, audience, fail } = await verifyJwt(jwt, config.audiences)
    // So no id_token passes for one.
    if (payload.nonce !== undefined) throw fail('has a nonce, which only an id_token has')
    const { jti } = payload
    if (!isShortText(jti)) throw fail('has no usable jti')
    const latest = (Number(payload.iat) + config.clockToleranceSeconds) * 1000
    const events = parseEvents(payload.events, fail).map((event) => {
      const parsed = parseEvent(event, fail)
      const eventTime = parseTime(event.event_time) ?? Number(payload.iat) * 1000
      // Nothing can have happened after it was told of.
      return Object.freeze({
        ...parsed,
        notificationId: jti,
        audience,
        eventTime: new Date(Math.min(eventTime, latest)),
      })
    })
    return { id: jti, events }
  }
}

/** Is this one of the types that this version knows? */
export function isKnown(event: AppleNotification<string>): event is AppleNotification {
  return Object.hasOwn(knownTypes, event.type)
}

/** A list of one or more objects, one object, or either as JSON in a text. */
function parseEvents(events: unknown, fail: VerifiedJwt['fail']): Readonly<Record<string, unknown>>[] {
  const parsed: unknown = typeof events === 'string' ? parseJson(events) : events
  const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  if (list.length === 0 || !list.every(isObject)) throw fail('has no events that can be read')
  return list
}

/** Copies what is known of an event, by name. */
function parseEvent(
  event: Readonly<Record<string, unknown>>,
  fail: VerifiedJwt['fail'],
): Omit<AppleNotification<string>, 'notificationId' | 'audience' | 'eventTime'> {
  // `null` is as good as absent.
  const own = (name: string): unknown => (Object.hasOwn(event, name) ? (event[name] ?? undefined) : undefined)
  const type = own('type')
  const [sub, organizationId] = [own('sub'), own('org_id')]
  const [scopes, email, isPrivateEmail] = [own('scopes'), own('email'), own('is_private_email')]
  if (!isShortText(type)) throw fail('has an event without a type')
  for (const id of [sub, organizationId]) {
    if (id !== undefined && !isShortText(id)) throw fail('has an event about nobody (sub, org_id)')
  }
  const plainType = type === 'account-delete' ? 'account-deleted' : type
  if (Object.hasOwn(knownTypes, plainType) && sub === undefined && organizationId === undefined) {
    throw fail('has an event about nobody (sub, org_id)')
  }
  return {
    type: plainType,
    ...(isShortText(sub) ? { sub } : {}),
    ...(isShortText(organizationId) ? { organizationId } : {}),
    ...(Array.isArray(scopes) ? { scopes: scopes.filter((each) => typeof each === 'string').join(' ') } : {}),
    ...(typeof scopes === 'string' ? { scopes } : {}),
    ...(typeof email === 'string' ? { email } : {}),
    ...(isPrivateEmail === undefined ? {} : { isPrivateEmail: isPrivateEmail === true || isPrivateEmail === 'true' }),
  }
}

/** Milliseconds since 1970; undefined for what is no time. Apple documents seconds and sends milliseconds. */
function parseTime(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined
  return value > largestSeconds ? value : value * 1000
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Ids of Apple's have at most 255 characters. */
function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 255
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
