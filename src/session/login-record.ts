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
  /** The stored text, which changes whenever the record does; undefined when nobody is signed in. */
  stored(req: Request): string | undefined
  /** The same; undefined also where there is no session to look into. Never throws. */
  peek(req: Request): string | undefined
  /** Opens a stored text; `sealed` for one that no key opens, undefined for one that is damaged or another client's. */
  open(stored: string): StoredLogin | 'sealed' | undefined
  /** Is a stored text sealed by the first key, where there is one? */
  isCurrent(stored: string): boolean
  /** `subjects`: whom the login is about, the owner first; see `subject.ts`. Default: as before. */
  write(req: Request, record: LoginRecord, subjects?: readonly string[]): void
  /** Ends the login, where the session has not ended altogether; whose data it holds stays known. */
  remove(req: Request): void
  /** Does the store still hold a login in this request's session? */
  isStillStored(req: Request): Promise<boolean>
  /** Whose data the session holds: stays when the login ends, so that the next person does not find it. */
  owner(req: Request): string | undefined
  /** Leaves that and no login. */
  leaveOwner(req: Request, owner: string): void
  /** Whom the login is about, the owner first. */
  subjects(req: Request): readonly string[]
}

/**
 * Makes the register of logins for the instance of that name.
 *
 * It reads only what was written for the same client: an instance that was given another's name by mistake, or another
 * client id, finds nobody signed in.
 *
 * All is one text, the record and, behind a space, its subjects: express-session hashes and stringifies the whole session
 * several times on every request, and one value that needs no escaping costs it least. The record is taken apart only when
 * somebody asks for the login; no space is in it, and nothing but subjects is left where a login has ended.
 */
export function createLoginRecords(instanceName: string, clientId: string, sealing: Sealing): LoginRecords {
  const key = `${keyPrefix}${instanceName}`
  const beginning = recordBeginning(clientId)

  /** All that the session holds of a login, or of one that has ended. */
  function read(req: Request): string {
    const value = hasEnded(req) ? undefined : requireSession(req)[key]
    return typeof value === 'string' ? value : ''
  }

  function subjects(req: Request): readonly string[] {
    const value = read(req)
    const space = value.lastIndexOf(' ')
    const text = value.slice(space + 1)
    if (space === -1 || text === '') return []
    return text.includes(',') ? text.split(',') : [text]
  }

  return {
    subjects,
    isCurrent: sealing.isCurrent,

    stored(req) {
      const value = read(req)
      return holdsRecord(value) ? value : undefined
    },

    peek(req) {
      const value = (req.session as SessionBag | undefined)?.[key]
      return holdsRecord(value) ? value : undefined
    },

    open(stored) {
      const space = stored.lastIndexOf(' ')
      const text = sealing.open(space === -1 ? stored : stored.slice(0, space))
      if (text === undefined) return 'sealed'
      return openPacked(text, beginning)
    },

    write(req, record, about = subjects(req)) {
      requireSession(req)[key] = `${sealing.seal(packLogin(record, beginning))} ${about.join(',')}`
    },

    remove(req) {
      if (hasEnded(req)) return
      const session = requireSession(req)
      const about = subjects(req)
      if (about.length === 0) Reflect.deleteProperty(session, key)
      else session[key] = ` ${about.join(',')}`
    },

    async isStillStored(req) {
      const stored = (await readSession(req, req.sessionID)) as Record<string, unknown> | undefined
      return holdsRecord(stored?.[key])
    },

    owner: (req) => subjects(req)[0],

    leaveOwner(req, owner) {
      requireSession(req)[key] = ` ${owner}`
    },
  }
}

function holdsRecord(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.startsWith(' ')
}

/** The tokens of a login; undefined where there are none. */
export function loginTokens(record: LoginRecord): LoginTokens | undefined {
  const { accessToken, accessTokenExpiresAt, refreshToken, issuedTo } = record
  if (accessToken === undefined || accessTokenExpiresAt === undefined) return undefined
  return { accessToken, accessTokenExpiresAt, refreshToken, issuedTo }
}

/** Is anybody signed in here, whatever the instance? */
export function holdsLogin(session: SessionBag): boolean {
  return Object.entries(session).some(([key, value]) => isLoginKey(key) && holdsRecord(value))
}

function isLoginKey(key: string): boolean {
  return key.startsWith(keyPrefix) && !key.slice(keyPrefix.length).includes(':')
}

/** Is this a key of an instance other than the one of that name? */
export function isOthersKey(key: string, instanceName: string): boolean {
  return key.startsWith(keyPrefix) && key.slice(keyPrefix.length).split(':')[0] !== instanceName
}
