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
  /** When it was written, by our clock, in milliseconds since 1970. */
  readonly keptAt: number
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

/** What lies under a school's key: whose it is, and the grant, sealed where there are keys. */
export interface Envelope {
  readonly organizationId: string
  readonly grant: string
}

/** Reads an envelope; undefined for anything else that the store may hold. */
export function parseEnvelope(text: string): Envelope | undefined {
  const { organizationId, grant } = parseObject(text)
  return isText(organizationId) && isText(grant) ? { organizationId, grant } : undefined
}

/** Reads a grant, member by member; undefined where one that it cannot do without is missing or wrong. */
export function parseConnection(text: string): ConnectionRecord | undefined {
  const { organizationId, grantId, scope, connectedAt, keptAt, refreshToken, iss, sub, organization } =
    parseObject(text)
  if (!isText(organizationId) || !isText(grantId) || !isText(scope) || typeof connectedAt !== 'number') return undefined
  return {
    organizationId,
    grantId,
    scope,
    connectedAt,
    keptAt: typeof keptAt === 'number' ? keptAt : connectedAt * 1000,
    refreshToken: textOf(refreshToken),
    iss: textOf(iss),
    sub: textOf(sub),
    organization: textOf(organization),
  }
}

/** Reads an access token's record; undefined where it is damaged. */
export function parseAccessToken(text: string): AccessTokenRecord | undefined {
  const { accessToken, expiresAt, refreshToken } = parseObject(text)
  if (!isText(accessToken) || typeof expiresAt !== 'number') return undefined
  return { accessToken, expiresAt, refreshToken: textOf(refreshToken) }
}

/** Reads a note of a breakage; undefined where it is damaged. */
export function parseBreakage(text: string): Breakage | undefined {
  const { reason, since, triedAt } = parseObject(text)
  return isText(reason) && typeof since === 'number' && typeof triedAt === 'number'
    ? { reason, since, triedAt }
    : undefined
}

/** Reads a text as a JSON object; one without members where it is none. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function textOf(value: unknown): string | undefined {
  return isText(value) ? value : undefined
}
