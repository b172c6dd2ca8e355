import type { Request } from 'express'
import { hasEnded, keyPrefix, readSession, requireSession, type SessionBag } from './app-session.js'
import type { Sealing } from './sealing.js'

/** All that is kept of a login. */
export interface LoginRecord {
  /** Seconds since 1970, in fractions. */
  readonly loginAt: number
  /** A native app may sign in without a code; then there are no tokens. */
  readonly accessToken?: string | undefined
  /** Seconds since 1970; there whenever the access token is. */
  readonly accessTokenExpiresAt?: number | undefined
  readonly refreshToken?: string | undefined
  /** The client id that the tokens and the id_token belong to, where it is not the instance's. */
  readonly issuedTo?: string | undefined
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

/** The tokens of a login. */
export interface LoginTokens {
  readonly accessToken: string
  /** Seconds since 1970. */
  readonly accessTokenExpiresAt: number
  readonly refreshToken: string | undefined
  /** The client id that they belong to, where it is not the instance's. */
  readonly issuedTo: string | undefined
}

/** The login in a browser session, for one instance. */
export interface LoginRecords {
  /** The stored text, which changes exactly when the record does; undefined when nobody is signed in. */
  stored(req: Request): string | undefined
  /** The same; undefined also where there is no session to look into. Never throws. */
  peek(req: Request): string | undefined
  /** Reads a stored text; `sealed` for one that no key opens, undefined for one that is damaged or another client's. */
  parse(stored: string): LoginRecord | 'sealed' | undefined
  /** Is a stored text sealed by the first key, where there is one? */
  isCurrent(stored: string): boolean
  write(req: Request, record: LoginRecord): void
  remove(req: Request): void
  /** Does the store still hold a login in this request's session? */
  isStillStored(req: Request): Promise<boolean>
  /** Whose data the session holds: stays when the login ends, so that the next person does not find it. */
  owner(req: Request): string | undefined
  /** Whom the login is about, the owner first: see `subject.ts`. */
  subjects(req: Request): readonly string[]
  setSubjects(req: Request, subjects: readonly string[]): void
}

/**
 * Makes the register of logins for the instance of that name.
 *
 * It reads only what was written for the same client: an instance that was given another's name by mistake, or another
 * client id, finds nobody signed in.
 *
 * A record is one text in the form of a query string: express-session hashes and stringifies the whole session on every
 * request, and such a text costs it least.
 */
export function createLoginRecords(instanceName: string, clientId: string, sealing: Sealing): LoginRecords {
  const key = `${keyPrefix}${instanceName}`
  const ownerKey = `${key}:owner`

  function subjects(req: Request): readonly string[] {
    if (hasEnded(req)) return []
    const value = requireSession(req)[ownerKey]
    return typeof value === 'string' ? value.split(' ') : []
  }

  return {
    subjects,
    isCurrent: sealing.isCurrent,

    stored(req) {
      if (hasEnded(req)) return undefined
      const value = requireSession(req)[key]
      return typeof value === 'string' ? value : undefined
    },

    peek(req) {
      const value = (req.session as SessionBag | undefined)?.[key]
      return typeof value === 'string' ? value : undefined
    },

    parse(stored) {
      const text = sealing.open(stored)
      return text === undefined ? 'sealed' : decode(text, clientId)
    },

    write(req, record) {
      requireSession(req)[key] = sealing.seal(encode(record, clientId))
    },

    remove(req) {
      Reflect.deleteProperty(requireSession(req), key)
    },

    async isStillStored(req) {
      const stored = (await readSession(req, req.sessionID)) as Record<string, unknown> | undefined
      return typeof stored?.[key] === 'string'
    },

    owner: (req) => subjects(req)[0],

    setSubjects(req, subjects) {
      requireSession(req)[ownerKey] = subjects.join(' ')
    },
  }
}

/** The tokens of a login; undefined where there are none. */
export function loginTokens(record: LoginRecord): LoginTokens | undefined {
  const { accessToken, accessTokenExpiresAt, refreshToken, issuedTo } = record
  if (accessToken === undefined || accessTokenExpiresAt === undefined) return undefined
  return { accessToken, accessTokenExpiresAt, refreshToken, issuedTo }
}

/** Is this the key of a login, whatever the instance? */
export function isLoginKey(key: string): boolean {
  return key.startsWith(keyPrefix) && !key.slice(keyPrefix.length).includes(':')
}

/** Is this a key of an instance other than the one of that name? */
export function isOthersKey(key: string, instanceName: string): boolean {
  return key.startsWith(keyPrefix) && key.slice(keyPrefix.length).split(':')[0] !== instanceName
}

function encode(record: LoginRecord, clientId: string): string {
  const fields = new URLSearchParams({ clientId })
  for (const [name, value] of Object.entries(record)) if (value !== undefined) fields.set(name, String(value))
  return fields.toString()
}

function decode(text: string, clientId: string): LoginRecord | undefined {
  const fields = new URLSearchParams(text)
  if (fields.get('clientId') !== clientId) return undefined
  const field = (name: keyof LoginRecord): string | undefined => fields.get(name) ?? undefined
  const loginAt = Number(field('loginAt') ?? NaN)
  if (!Number.isFinite(loginAt)) return undefined
  const accessToken = field('accessToken')
  const accessTokenExpiresAt = Number(field('accessTokenExpiresAt') ?? NaN)
  const hasTokens = Boolean(accessToken) && Number.isFinite(accessTokenExpiresAt)
  // All or nothing: what is left of tokens is a damaged record.
  const hasNone = (['accessToken', 'accessTokenExpiresAt', 'refreshToken'] as const).every((name) => !fields.has(name))
  if (!hasTokens && !hasNone) return undefined
  return {
    loginAt,
    accessToken,
    accessTokenExpiresAt: hasTokens ? accessTokenExpiresAt : undefined,
    refreshToken: field('refreshToken'),
    issuedTo: field('issuedTo'),
    idToken: field('idToken'),
    scope: field('scope') ?? '',
    requestedScope: field('requestedScope') ?? '',
    organization: field('organization'),
    unverifiedName: field('unverifiedName'),
  }
}
