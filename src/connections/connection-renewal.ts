import pRetry from 'p-retry'
import { endsGrant, isFresh, type Refresh } from '../apple/refresh.js'
import { AppleAuthError, AppleConnectionError, AppleTokenError, AppleUnavailableError } from '../errors.js'
import type { Events } from '../events.js'
import type { OncePerKey } from '../once-per-key.js'
import type { AccessTokenRecord, Breakage, ConnectionRecord } from '../session/connection-record.js'
import type { ConnectionRecords } from '../session/connection-records.js'

/** How long a broken connection rests before Apple is asked again, in seconds: what broke it may have been a mistake. */
const restSeconds = 60 * 60

/** What the tokens of a connection need. */
export interface ConnectionTokensParts {
  readonly records: ConnectionRecords
  readonly refresh: Refresh
  readonly events: Events
  /** One renewal per connection at a time in this process, so that a refusal is told of once. */
  readonly renewals: OncePerKey<AccessTokenRecord>
}

/** What is renewed. */
interface Renewal {
  readonly grant: ConnectionRecord
  readonly kept: AccessTokenRecord | undefined
  /** The access token that Apple has refused; undefined where it has just ended. */
  readonly rejected: string | undefined
}

/** The school's grant. @throws AppleConnectionError when there is none that can be read */
export async function requireGrant(records: ConnectionRecords, organizationId: string): Promise<ConnectionRecord> {
  const grant = await records.find(organizationId)
  if (grant === undefined) {
    throw new AppleConnectionError(
      'This school is not connected: an administrator of it has to log in at the Data Sharing instance once.',
      organizationId,
      'not_connected',
    )
  }
  if ('isSealed' in grant) throw sealedError(organizationId)
  return grant
}

/** The error for a connection that none of the keys opens. */
export function sealedError(organizationId: string): AppleConnectionError {
  return new AppleConnectionError(
    'No key opens this connection: put the key that sealed it back into tokenEncryptionKeys, behind the first one, or ' +
      'let an administrator connect the school again.',
    organizationId,
    'sealed',
  )
}

/** The token that is kept, if it can be used; else a new one. */
export async function usableToken(
  parts: ConnectionTokensParts,
  grant: ConnectionRecord,
  rejected: string | undefined,
): Promise<AccessTokenRecord> {
  const kept = await parts.records.accessToken(grant)
  if (kept !== undefined && kept.accessToken !== rejected && isFresh(kept)) return kept
  return parts.renewals.run(`${grant.grantId} ${rejected ?? ''}`, () => renew(parts, { grant, kept, rejected }))
}

async function renew(parts: ConnectionTokensParts, renewal: Renewal): Promise<AccessTokenRecord> {
  const { records, refresh } = parts
  const { grant, kept, rejected } = renewal
  const breakage = await records.breakage(grant)
  if (breakage !== undefined && isResting(breakage)) throw broken(grant, breakage.reason)
  const refreshToken = kept?.refreshToken ?? grant.refreshToken
  if (refreshToken === undefined) return fail(parts, grant, breakage, 'no_refresh_token')
  try {
    const { iss, sub, organizationId } = grant
    const request = { refreshToken, replaces: rejected ?? kept?.accessToken, iss, sub, organizationId }
    // Nobody waits at a screen, and a whole school hangs on this one request.
    const renewed = await pRetry(() => refresh(request), {
      retries: 3,
      minTimeout: 500,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof AppleUnavailableError,
    })
    const token = {
      accessToken: renewed.accessToken,
      expiresAt: renewed.expiresAt,
      ...(renewed.refreshToken === grant.refreshToken ? {} : { refreshToken: renewed.refreshToken }),
    }
    await keepToken(records, grant, token)
    if (breakage !== undefined) await records.noteBreakage(grant, undefined)
    return token
  } catch (error) {
    if (!endsGrant(error)) throw error
    return afterRefusal(parts, renewal, breakage, error)
  }
}

async function keepToken(records: ConnectionRecords, grant: ConnectionRecord, token: AccessTokenRecord): Promise<void> {
  await records.keepAccessToken(grant, token)
  const latest = await records.find(grant.organizationId)
  // Disconnected or connected anew meanwhile: nothing of this grant may stay.
  if (latest === undefined || 'isSealed' in latest || latest.grantId !== grant.grantId)
    await records.forgetTokens(grant)
}

/**
 * The grant is of no more use, unless another node has renewed it in the meantime; and if another administrator has
 * connected the school, theirs is.
 */
async function afterRefusal(
  parts: ConnectionTokensParts,
  { grant, kept, rejected }: Renewal,
  breakage: Breakage | undefined,
  error: unknown,
): Promise<AccessTokenRecord> {
  const latest = await requireGrant(parts.records, grant.organizationId)
  if (latest.grantId !== grant.grantId) return usableToken(parts, latest, rejected)
  const now = await parts.records.accessToken(grant)
  const isRenewed = now !== undefined && now.accessToken !== kept?.accessToken
  if (isRenewed && isFresh(now)) return now
  const reason = error instanceof AppleTokenError ? error.appleError : 'other_identity'
  return fail(parts, grant, breakage, reason, error)
}

/** Is it too early to ask Apple again? A clock that was ahead when it was asked counts for nothing. */
function isResting({ triedAt }: Breakage): boolean {
  const now = nowSeconds()
  return triedAt <= now && now < triedAt + restSeconds
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

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
