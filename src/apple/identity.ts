/**
 * Who an id_token speaks of.
 *
 * @see https://developer.apple.com/documentation/signinwithapplejs/authorizationi/id_token
 */

/** The claims of a verified id_token that this package knows, by Apple's names and with one type each. */
export interface AppleClaims {
  readonly iss: string
  readonly aud: string
  readonly sub: string
  /** Seconds since 1970. */
  readonly iat: number
  /** Seconds since 1970. */
  readonly exp: number
  readonly nonce?: string
  readonly nonce_supported?: boolean
  readonly auth_time?: number
  readonly email?: string
  readonly email_verified?: boolean
  readonly is_private_email?: boolean
  readonly real_user_status?: number
  readonly transfer_sub?: string
  /** Managed accounts: the organization in Apple School Manager or Apple Business Manager. */
  readonly org_id?: string
  /** Apple School Manager accounts: what was granted, separated by spaces. */
  readonly scopes?: string
  readonly at_hash?: string
  readonly c_hash?: string
}

/** The person who is signed in. */
export interface AppleUser {
  /** Stable for your developer team; with a matching organization also the Roster API's user id. */
  readonly sub: string
  /** As Apple says it; absent when it was not shared. Not a key: key accounts by `sub`. */
  readonly email?: string
  readonly emailVerified: boolean
  /** Whether `email` is an address of Apple's private relay. */
  readonly isPrivateEmail: boolean
  /** Apple's id of the person's school or company; managed accounts only. */
  readonly organizationId?: string
  /** 0 unsupported, 1 unknown, 2 likely real; native first logins only. */
  readonly realUserStatus?: number
  /** What the browser posted once and nobody signed: show it, never trust it. */
  readonly unverifiedName?: UnverifiedName
}

/** The person whom a token names, with its claims. */
export interface AppleIdentity extends AppleUser {
  readonly claims: AppleClaims
}

/** A name as the person typed it at Apple, at the first login only. */
export interface UnverifiedName {
  readonly firstName?: string
  readonly lastName?: string
}

/** Copies the known claims by name; what has a wrong type or an unknown name is left behind. */
export function pickClaims(payload: Payload, audience: string): AppleClaims {
  const string = (name: string): string | undefined => textOf(payload, name)
  const flag = (name: string): boolean | undefined => flagOf(payload, name)
  const number = (name: string): number | undefined => numberOf(payload, name)
  const scopes = claimOf(payload, 'scopes')
  return withoutAbsent({
    iss: string('iss') ?? '',
    aud: audience,
    sub: string('sub') ?? '',
    iat: number('iat') ?? 0,
    exp: number('exp') ?? 0,
    nonce: string('nonce'),
    nonce_supported: flag('nonce_supported'),
    auth_time: number('auth_time'),
    email: string('email'),
    email_verified: flag('email_verified'),
    is_private_email: flag('is_private_email'),
    real_user_status: number('real_user_status'),
    transfer_sub: string('transfer_sub'),
    org_id: string('org_id'),
    scopes: Array.isArray(scopes) ? scopes.filter((each) => typeof each === 'string').join(' ') : string('scopes'),
    at_hash: string('at_hash'),
    c_hash: string('c_hash'),
  })
}

/** The person of an id_token's payload, or of the claims that were picked from it. */
export function toUser(payload: Payload, unverifiedName?: UnverifiedName): AppleUser {
  return withoutAbsent({
    sub: textOf(payload, 'sub') ?? '',
    email: textOf(payload, 'email'),
    emailVerified: flagOf(payload, 'email_verified') ?? false,
    isPrivateEmail: flagOf(payload, 'is_private_email') ?? false,
    organizationId: textOf(payload, 'org_id'),
    realUserStatus: numberOf(payload, 'real_user_status'),
    unverifiedName,
  })
}

/** The same, with the claims. */
export function toIdentity(claims: AppleClaims): AppleIdentity {
  return Object.freeze({ ...toUser(claims), claims })
}

/** What a token says, by name. */
type Payload = object

function claimOf(payload: Payload, name: string): unknown {
  return Object.hasOwn(payload, name) ? (payload as Record<string, unknown>)[name] : undefined
}

function textOf(payload: Payload, name: string): string | undefined {
  const value = claimOf(payload, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function numberOf(payload: Payload, name: string): number | undefined {
  const value = claimOf(payload, name)
  return Number.isFinite(value) ? (value as number) : undefined
}

/** Apple sends flags as booleans or as the words "true" and "false". */
function flagOf(payload: Payload, name: string): boolean | undefined {
  const value = claimOf(payload, name)
  if (value === true || value === 'true') return true
  return value === false || value === 'false' ? false : undefined
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

function withoutAbsent<T extends object>(value: T): Present<T> {
  // On every request that reads the user, so without a list of entries between.
  const present: Partial<T> = {}
  for (const name in value) if (value[name] !== undefined) present[name] = value[name]
  return Object.freeze(present) as unknown as Present<T>
}
