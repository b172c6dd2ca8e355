import { crc32 } from 'node:zlib'
import { pack, unpackField } from './packed-text.js'

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

/** A login as it is stored, whole and this client's. What requests ask for most can be had without the rest. */
export interface StoredLogin extends Pick<LoginRecord, 'issuedTo' | 'idToken' | 'unverifiedName' | 'organization'> {
  readonly record: LoginRecord
}

/** The first field of every record, so that one of another form is never misread; the second is the client id. */
const form = '1'

/** What follows them, absent ones empty and what is asked for most in front; a checksum of all ends the record. */
const fieldNames = [
  'issuedTo',
  'idToken',
  'unverifiedName',
  'organization',
  'loginAt',
  'scope',
  'requestedScope',
  'accessToken',
  'accessTokenExpiresAt',
  'refreshToken',
] as const satisfies readonly (keyof LoginRecord)[]

/** How the records of a client begin. */
export function recordBeginning(clientId: string): string {
  return `${form}|${pack([clientId])}|`
}

/** Puts a record into one text. */
export function packLogin(record: LoginRecord, beginning: string): string {
  const text = `${beginning}${pack(fieldNames.map((name) => record[name] ?? ''))}`
  // Finds out what a store has changed by mistake; whoever can write to the store can write this too.
  return `${text}|${String(crc32(text))}`
}

/** Opens such a text; undefined for one that is not as it was written, or another client's. */
export function openPacked(text: string, beginning: string): StoredLogin | undefined {
  return isWhole(text, beginning) ? new PackedLogin(text, beginning.length) : undefined
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

  constructor(text: string, start: number) {
    this.#text = text
    this.#start = start
  }

  get issuedTo(): string | undefined {
    return this.#read('issuedTo')
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
    let start = this.#start
    for (let before = fieldNames.indexOf(name); before > 0; before--) start = this.#text.indexOf('|', start) + 1
    const end = this.#text.indexOf('|', start)
    return end === start ? undefined : unpackField(this.#text.slice(start, end))
  }
}
