import { crc32 } from 'node:zlib'
import type { Request } from 'express'
import { hasEnded, keyPrefix, readSession, requireSession, type SessionBag } from './app-session.js'
import { pack, unpackField } from './packed-text.js'
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

/** A login as it is stored, whole and this client's. What requests ask for most can be had without the rest. */
export interface StoredLogin extends Pick<LoginRecord, 'issuedTo' | 'idToken' | 'unverifiedName' | 'organization'> {
  readonly record: LoginRecord
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
  const beginning = `${form}|${pack([clientId])}|`

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
      return isWhole(text, beginning) ? new PackedLogin(text, beginning.length) : undefined
    },

    write(req, record) {
      requireSession(req)[key] = sealing.seal(encode(record, beginning))
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

/** The first field of every record, so that one of another form is never misread; the second is the client id. */
const form = '1'

/** What follows them, in this order, absent ones empty; a checksum of all ends the record. */
const fieldNames = [
  'issuedTo',
  'loginAt',
  'scope',
  'requestedScope',
  'accessToken',
  'accessTokenExpiresAt',
  'refreshToken',
  'organization',
  'unverifiedName',
  'idToken',
] as const satisfies readonly (keyof LoginRecord)[]

function encode(record: LoginRecord, beginning: string): string {
  const text = `${beginning}${pack(fieldNames.map((name) => record[name] ?? ''))}`
  // Finds out what a store has changed by mistake; whoever can write to the store can write this too.
  return `${text}|${String(crc32(text))}`
}

/** Is it as it was written, and by this client? With that known, no reader has to look for damage. */
function isWhole(text: string, beginning: string): boolean {
  const end = text.lastIndexOf('|')
  return text.startsWith(beginning) && Number(text.slice(end + 1)) === crc32(text.slice(0, end))
}

/** A record in its packed form, read field by field. */
class PackedLogin implements StoredLogin {
  readonly #text: string
  readonly #start: number
  #fields: readonly string[] | undefined

  constructor(text: string, start: number) {
    this.#text = text
    this.#start = start
  }

  get issuedTo(): string | undefined {
    // Every guard asks for it, and nearly every login is the instance's own.
    return this.#text[this.#start] === '|' ? undefined : this.#read('issuedTo')
  }

  get organization(): string | undefined {
    return this.#read('organization')
  }

  get unverifiedName(): string | undefined {
    return this.#read('unverifiedName')
  }

  get idToken(): string | undefined {
    return this.#read('idToken')
  }

  get record(): LoginRecord {
    const expiresAt = this.#read('accessTokenExpiresAt')
    return {
      loginAt: Number(this.#read('loginAt')),
      accessToken: this.#read('accessToken'),
      accessTokenExpiresAt: expiresAt === undefined ? undefined : Number(expiresAt),
      refreshToken: this.#read('refreshToken'),
      issuedTo: this.issuedTo,
      idToken: this.idToken,
      scope: this.#read('scope') ?? '',
      requestedScope: this.#read('requestedScope') ?? '',
      organization: this.organization,
      unverifiedName: this.unverifiedName,
    }
  }

  #read(name: (typeof fieldNames)[number]): string | undefined {
    this.#fields ??= this.#text.split('|')
    // Behind the form and the client id.
    const field = this.#fields[fieldNames.indexOf(name) + 2]
    return field ? unpackField(field) : undefined
  }
}
