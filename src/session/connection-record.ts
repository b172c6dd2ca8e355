/** What the store holds of a connected school. */

/** A school's grant, written once when the school is connected and never changed: a newer one takes its place. */
export interface ConnectionRecord {
  readonly organizationId: string
  /** Tells this grant from those before and after it. */
  readonly grantId: string
  readonly refreshToken?: string | undefined
  /** Granted, separated by spaces. */
  readonly scope: string
  /** Seconds since 1970. */
  readonly connectedAt: number
  /** Who connected it, as its id_token says; undefined without one. */
  readonly iss?: string | undefined
  readonly sub?: string | undefined
  /** The Roster API's organization as JSON; undefined where it was not read at the time. */
  readonly organization?: string | undefined
}

/** The latest access token of a grant. */
export interface AccessTokenRecord {
  readonly accessToken: string
  /** Seconds since 1970. */
  readonly expiresAt: number
  /** The refresh token to use from now on, where Apple sent a new one. */
  readonly refreshToken?: string | undefined
}

/** Why a grant can no longer be refreshed. */
export interface Breakage {
  /** Apple's `error` value, or a word of ours. */
  readonly reason: string
  /** Seconds since 1970. */
  readonly since: number
  /** When it was last tried, in seconds since 1970. */
  readonly triedAt: number
}

/** A connection that is there and that none of the keys opens. */
export interface SealedConnection {
  readonly organizationId: string
  readonly isSealed: true
}

type Fields = Readonly<Record<string, unknown>>

/** Reads a text as a JSON object; undefined where it is none. */
export function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

/** Is this a connection record? */
export function isConnection(fields: Fields | undefined): fields is Fields & ConnectionRecord {
  if (fields === undefined || typeof fields.connectedAt !== 'number') return false
  const texts = [fields.organizationId, fields.grantId, fields.scope]
  const mayBeTexts = [fields.refreshToken, fields.iss, fields.sub, fields.organization]
  return texts.every(isText) && mayBeTexts.every((each) => each === undefined || isText(each))
}

/** Is this an access token's record? */
export function isAccessToken(fields: Fields | undefined): fields is Fields & AccessTokenRecord {
  if (fields === undefined) return false
  const { accessToken, expiresAt, refreshToken } = fields
  return isText(accessToken) && typeof expiresAt === 'number' && (refreshToken === undefined || isText(refreshToken))
}

/** Is this a note of a breakage? */
export function isBreakage(fields: Fields | undefined): fields is Fields & Breakage {
  return (
    fields !== undefined &&
    isText(fields.reason) &&
    typeof fields.since === 'number' &&
    typeof fields.triedAt === 'number'
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
