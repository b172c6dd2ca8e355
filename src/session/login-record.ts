import type { Request } from 'express'
import { hasEnded, keyPrefix, readSession, requireSession, type SessionBag } from './app-session.js'
import { type LoginRecord, openPacked, packLogin, recordBeginning, type StoredLogin } from './packed-login.js'
import type { Sealing } from './sealing.js'

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
  /** Opens a stored text; `sealed` for one that no key opens, undefined for one that is damaged or another client's. */
  open(stored: string): StoredLogin | 'sealed' | undefined
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
 * A record is one short text: express-session hashes and stringifies the whole session on every request, and a text that
 * needs no escaping costs it least. It is taken apart only when somebody asks for the login.
 */
export function createLoginRecords(instanceName: string, clientId: string, sealing: Sealing): LoginRecords {
  const key = `${keyPrefix}${instanceName}`
  const ownerKey = `${key}:owner`
  const beginning = recordBeginning(clientId)

  function subjects(req: Request): readonly string[] {
    if (hasEnded(req)) return []
    const value = requireSession(req)[ownerKey]
    if (typeof value !== 'string') return []
    return value.includes(' ') ? value.split(' ') : [value]
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

    open(stored) {
      const text = sealing.open(stored)
      if (text === undefined) return 'sealed'
      return openPacked(text, beginning)
    },

    write(req, record) {
      requireSession(req)[key] = sealing.seal(packLogin(record, beginning))
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
