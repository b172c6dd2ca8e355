import type { Request } from 'express'
import { readVerifiedClaims } from '../apple/id-token.js'
import { type AppleClaims, type AppleUser, toUser, type UnverifiedName } from '../apple/identity.js'
import { type AppleOrganization, parseOrganization } from '../roster/organization.js'
import type { LoginRecord } from '../session/login-record.js'
import { type AppleTokens, createTokens } from '../session/tokens.js'
import type { Instance } from './instance.js'

/** A login record unfolded: what `req.apple` shows of it. */
export interface LoginView {
  readonly record: LoginRecord
  readonly user: AppleUser | undefined
  readonly claims: AppleClaims | undefined
  readonly organization: AppleOrganization | undefined
  readonly tokens: AppleTokens
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
  try {
    const claims =
      record.idToken === undefined ? undefined : readVerifiedClaims(record.idToken, instance.config.clientId)
    const organization =
      record.organization === undefined ? undefined : parseOrganization(JSON.parse(record.organization))
    if (claims === undefined && organization === undefined) return undefined
    const name = record.unverifiedName === undefined ? undefined : (JSON.parse(record.unverifiedName) as UnverifiedName)
    return {
      record,
      claims,
      user: claims && toUser(claims, name),
      organization,
      tokens: createTokens({
        accessToken: record.accessToken,
        tokenType: 'Bearer',
        expiresAt: new Date(record.accessTokenExpiresAt * 1000),
        refreshToken: record.refreshToken,
        idToken: record.idToken,
        scope: record.scope,
        requestedScope: record.requestedScope,
      }),
    }
  } catch {
    // The store gave back something else than was put there.
    return undefined
  }
}
