import { endsGrant, type Refresh } from '../apple/refresh.js'
import { AppleAuthError, AppleConnectionError, AppleTokenError } from '../errors.js'
import type { Events } from '../events.js'
import type { AccessTokens } from '../roster/roster-client.js'
import type { AccessTokenRecord, Breakage, ConnectionRecord } from '../session/connection-record.js'
import type { ConnectionRecords } from '../session/connection-records.js'

/** An access token with less life than this left is renewed, in seconds. */
const reserveSeconds = 60
/** How long a broken connection rests before Apple is asked again, in seconds: what broke it may have been a mistake. */
const restSeconds = 60 * 60

/** What the tokens of a connection need. */
export interface ConnectionTokensParts {
  readonly records: ConnectionRecords
  readonly refresh: Refresh
  readonly events: Events
}

/** The access tokens of one connected school, renewed and written back as needed, without a browser. */
export function createConnectionTokens(parts: ConnectionTokensParts, organizationId: string): AccessTokens {
  const { records } = parts
  // Spares the store one read per page of a long reading. A token that is revoked meanwhile is refused by Apple.
  let inHand: AccessTokenRecord | undefined

  async function fromStore(rejected: string | undefined): Promise<string> {
    const grant = await requireGrant(records, organizationId)
    const kept = await records.accessToken(grant)
    inHand =
      kept !== undefined && kept.accessToken !== rejected && isFresh(kept) ? kept : await renew(parts, grant, kept)
    return inHand.accessToken
  }

  return {
    current: async () => (inHand !== undefined && isFresh(inHand) ? inHand.accessToken : fromStore(undefined)),
    renewed: (rejected) => fromStore(rejected),
  }
}

async function requireGrant(records: ConnectionRecords, organizationId: string): Promise<ConnectionRecord> {
  const grant = await records.find(organizationId)
  if (grant === undefined) {
    throw new AppleConnectionError(
      'This school is not connected: an administrator of it has to log in at the Data Sharing instance once.',
      organizationId,
      'not_connected',
    )
  }
  if ('isSealed' in grant) {
    throw new AppleConnectionError(
      'No key opens this connection: put the key that sealed it back into tokenEncryptionKeys, behind the first one, or ' +
        'let an administrator connect the school again.',
      organizationId,
      'sealed',
    )
  }
  return grant
}

async function renew(
  parts: ConnectionTokensParts,
  grant: ConnectionRecord,
  kept: AccessTokenRecord | undefined,
): Promise<AccessTokenRecord> {
  const { records, refresh } = parts
  const breakage = await records.breakage(grant)
  if (breakage !== undefined && breakage.triedAt + restSeconds > nowSeconds()) throw broken(grant, breakage.reason)
  const refreshToken = kept?.refreshToken ?? grant.refreshToken
  if (refreshToken === undefined) return fail(parts, grant, breakage, 'no_refresh_token')
  try {
    const { iss, sub, organizationId } = grant
    const renewed = await refresh({ refreshToken, replaces: kept?.accessToken, iss, sub, organizationId })
    const token = {
      accessToken: renewed.accessToken,
      expiresAt: renewed.expiresAt,
      ...(renewed.refreshToken === grant.refreshToken ? {} : { refreshToken: renewed.refreshToken }),
    }
    await records.keepAccessToken(grant, token)
    if (breakage !== undefined) await records.noteBreakage(grant, undefined)
    return token
  } catch (error) {
    if (!endsGrant(error)) throw error
    return afterRefusal(parts, grant, breakage, error)
  }
}

/** The grant is of no more use; if another administrator has connected the school meanwhile, theirs is. */
async function afterRefusal(
  parts: ConnectionTokensParts,
  grant: ConnectionRecord,
  breakage: Breakage | undefined,
  error: unknown,
): Promise<AccessTokenRecord> {
  const latest = await requireGrant(parts.records, grant.organizationId)
  if (latest.grantId !== grant.grantId) {
    const kept = await parts.records.accessToken(latest)
    return kept !== undefined && isFresh(kept) ? kept : renew(parts, latest, kept)
  }
  const reason = error instanceof AppleTokenError ? error.appleError : 'other_identity'
  return fail(parts, grant, breakage, reason, error)
}

/** Marks the connection broken, tells of it the first time, and throws. */
async function fail(
  { records, events }: ConnectionTokensParts,
  grant: ConnectionRecord,
  before: Breakage | undefined,
  reason: string,
  cause?: unknown,
): Promise<never> {
  const triedAt = nowSeconds()
  await records.noteBreakage(grant, { reason, since: before?.since ?? triedAt, triedAt })
  const error = broken(grant, reason, cause)
  if (before === undefined) {
    events.emit('connection_broken', { organizationId: grant.organizationId, reason, error })
  }
  throw error
}

function broken(grant: ConnectionRecord, reason: string, cause?: unknown): AppleConnectionError {
  return new AppleConnectionError(
    `The connection to this school is broken (${reason}): an administrator of it has to connect it again.`,
    grant.organizationId,
    reason,
    cause instanceof AppleAuthError ? { cause } : {},
  )
}

function isFresh({ expiresAt }: AccessTokenRecord): boolean {
  return expiresAt - nowSeconds() > reserveSeconds
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
