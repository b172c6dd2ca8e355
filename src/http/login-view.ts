import type { Request } from 'express'
import { readVerifiedClaims } from '../apple/id-token.js'
import { type AppleClaims, type AppleUser, toUser, type UnverifiedName } from '../apple/identity.js'
import { type AppleOrganization, parseOrganization } from '../roster/organization.js'
import { type LoginRecord, loginTokens } from '../session/login-record.js'
import { type AppleTokens, createTokens } from '../session/tokens.js'
import type { Instance } from './instance.js'

/** A login record unfolded: what `req.apple` shows of it. */
export interface LoginView {
  readonly record: LoginRecord
  readonly user: AppleUser | undefined
  readonly claims: AppleClaims | undefined
  readonly organization: AppleOrganization | undefined
  readonly tokens: AppleTokens | undefined
}

/** The login in the request's session, whether or not Apple has ended it; undefined when there is none that can be read. */
export function readLogin(instance: Instance, req: Request): LoginView | undefined {
  const stored = instance.loginRecords.stored(req)
  return stored === undefined ? undefined : openLogin(instance, stored)
}

/** Unfolds a stored login that somebody asks for; an event tells of one that no key opens. */
export function openLogin(instance: Instance, stored: string): LoginView | undefined {
  const record = instance.loginRecords.parse(stored)
  if (record !== 'sealed') return record && unfoldLogin(instance, record)
  instance.events.emit('unsealing_failed', { record: 'login', organizationId: undefined })
  return undefined
}

/** Unfolds a login record; a damaged one is nobody's. */
export function unfoldLogin(instance: Instance, record: LoginRecord): LoginView | undefined {
  const { clientId, audiences } = instance.config
  const audience = record.issuedTo ?? clientId
  // Of a native app that is ours no longer.
  if (!audiences.includes(audience)) return undefined
  try {
    const claims = record.idToken === undefined ? undefined : readVerifiedClaims(record.idToken, audience)
    const organization =
      record.organization === undefined ? undefined : parseOrganization(JSON.parse(record.organization))
    if (claims === undefined && organization === undefined) return undefined
    const name = record.unverifiedName === undefined ? undefined : (JSON.parse(record.unverifiedName) as UnverifiedName)
    return {
      record,
      claims,
      user: claims && toUser(claims, name),
      organization,
      tokens: tokensOf(record),
    }
  } catch {
    // The store gave back something else than was put there.
    return undefined
  }
}

/** A login's tokens as apps see them; undefined where there are none. */
export function tokensOf(record: LoginRecord): AppleTokens | undefined {
  const tokens = loginTokens(record)
  if (tokens === undefined) return undefined
  const { accessToken, accessTokenExpiresAt, refreshToken } = tokens
  const { idToken, scope, requestedScope } = record
  const expiresAt = new Date(accessTokenExpiresAt * 1000)
  return createTokens({ accessToken, tokenType: 'Bearer', expiresAt, refreshToken, idToken, scope, requestedScope })
}
