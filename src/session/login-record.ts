import type { Request } from 'express'
import { keyPrefix, requireSession } from './app-session.js'
import type { Sealing } from './sealing.js'

/** All that is kept of a login. */
export interface LoginRecord {
  /** Seconds since 1970. */
  readonly loginAt: number
  readonly accessToken: string
  /** Seconds since 1970. */
  readonly accessTokenExpiresAt: number
  readonly refreshToken?: string | undefined
  /** As verified at login: the claims are read from it. */
  readonly idToken?: string | undefined
  /** Granted, separated by spaces. */
  readonly scope: string
  /** Asked for, separated by spaces. */
  readonly requestedScope: string
  /** The Roster API's organization as JSON. */
  readonly organization?: string | undefined
  /** The name as JSON, as the browser posted it. */
  readonly unverifiedName?: string | undefined
}

/** The login in a browser session, for one instance. */
export interface LoginRecords {
  /** The stored text, which changes exactly when the record does; undefined when nobody is signed in. */
  stored(req: Request): string | undefined
  /** Reads a stored text; undefined for one that no key opens or that is damaged. */
  parse(stored: string): LoginRecord | undefined
  write(req: Request, record: LoginRecord): void
  remove(req: Request): void
}

/**
 * Makes the register of logins for the instance of that name.
 *
 * A record is one text in the form of a query string: express-session hashes and stringifies the whole session on every
 * request, and such a text costs it least.
 */
export function createLoginRecords(instanceName: string, sealing: Sealing): LoginRecords {
  const key = `${keyPrefix}${instanceName}`

  return {
    stored(req) {
      const value = requireSession(req)[key]
      return typeof value === 'string' ? value : undefined
    },

    parse(stored) {
      const text = sealing.open(stored)
      return text === undefined ? undefined : decode(text)
    },

    write(req, record) {
      requireSession(req)[key] = sealing.seal(encode(record))
    },

    remove(req) {
      Reflect.deleteProperty(requireSession(req), key)
    },
  }
}

/** Whose key in a session holds a login, whatever the instance? */
export function isLoginKey(key: string): boolean {
  return key.startsWith(keyPrefix) && !key.slice(keyPrefix.length).includes(':')
}

function encode(record: LoginRecord): string {
  const fields = new URLSearchParams()
  for (const [name, value] of Object.entries(record)) if (value !== undefined) fields.set(name, String(value))
  return fields.toString()
}

function decode(text: string): LoginRecord | undefined {
  const fields = new URLSearchParams(text)
  const field = (name: keyof LoginRecord): string | undefined => fields.get(name) ?? undefined
  const loginAt = Number(field('loginAt') ?? NaN)
  const accessToken = field('accessToken')
  const accessTokenExpiresAt = Number(field('accessTokenExpiresAt') ?? NaN)
  if (!Number.isFinite(loginAt) || !Number.isFinite(accessTokenExpiresAt) || !accessToken) return undefined
  return {
    loginAt,
    accessToken,
    accessTokenExpiresAt,
    refreshToken: field('refreshToken'),
    idToken: field('idToken'),
    scope: field('scope') ?? '',
    requestedScope: field('requestedScope') ?? '',
    organization: field('organization'),
    unverifiedName: field('unverifiedName'),
  }
}
