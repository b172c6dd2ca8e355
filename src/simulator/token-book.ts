import { BoundedMap } from './bounded-map.js'
import type { SimulatorPerson } from './person.js'
import type { Grant } from './grant-book.js'
import { createOpaqueToken } from './opaque-token.js'

/** Codes live five minutes, access tokens an hour. */
export const codeLifetimeSeconds = 300
export const accessTokenLifetimeSeconds = 3600

/** One press of Continue: what every token that comes from it inherits. */
export interface Authorization {
  readonly grant: Grant
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Who pressed Continue; undefined for a token of the team itself. */
  readonly person: SimulatorPerson | undefined
  /** Seconds: the `auth_time` claim. */
  readonly authTime: number
}

/** What a code is bound to besides its authorization. */
export interface CodeBinding {
  /** Undefined for a code that a device got, without a redirect. */
  readonly redirectUri: string | undefined
  readonly nonce: string | undefined
  readonly codeChallenge: string | undefined
}

/** A code that was issued. */
export interface IssuedCode extends CodeBinding {
  readonly authorization: Authorization
  /** Milliseconds. */
  readonly expiresAt: number
  used: boolean
}

/** An access or refresh token that was issued. */
export interface IssuedToken {
  readonly kind: 'access_token' | 'refresh_token'
  readonly authorization: Authorization
  /** Milliseconds; Infinity for refresh tokens, whose end Apple does not document. */
  expiresAt: number
}

/** Codes and tokens, each good for what it was issued for. */
export interface TokenBook {
  readonly issueCode: (authorization: Authorization, binding: CodeBinding) => string
  readonly findCode: (code: string) => IssuedCode | undefined
  readonly issueAccessToken: (authorization: Authorization) => string
  readonly issueRefreshToken: (authorization: Authorization) => string
  readonly find: (token: string) => IssuedToken | undefined
  /** Tells a token that still opens something. */
  readonly isLive: (token: IssuedToken) => boolean
  /** Everything that was approved with a grant, as far as its codes and tokens tell, in the order of the alphabet. */
  readonly scopesOf: (grant: Grant) => readonly string[]
  /** Ends every access token at once and keeps the refresh tokens. */
  readonly expireAccessTokens: () => void
  /** Every access and refresh token, oldest first. */
  readonly list: () => readonly (readonly [string, IssuedToken])[]
  /** Takes a token of an earlier process back. */
  readonly restore: (token: string, issued: IssuedToken) => void
}

/** Starts without any token; `now` is in milliseconds. */
export function createTokenBook(now: () => number): TokenBook {
  const codes = new BoundedMap<string, IssuedCode>(100_000)
  const tokens = new BoundedMap<string, IssuedToken>(100_000)
  const after = (seconds: number) => now() + seconds * 1000
  return {
    issueCode(authorization, binding) {
      const code = createOpaqueToken('c', authorization.grant.tokenFamily)
      codes.set(code, { authorization, ...binding, expiresAt: after(codeLifetimeSeconds), used: false })
      return code
    },
    findCode: (code) => codes.get(code),
    issueAccessToken(authorization) {
      const token = createOpaqueToken('a', authorization.grant.tokenFamily)
      tokens.set(token, { kind: 'access_token', authorization, expiresAt: after(accessTokenLifetimeSeconds) })
      return token
    },
    issueRefreshToken(authorization) {
      const token = createOpaqueToken('r', authorization.grant.tokenFamily)
      tokens.set(token, { kind: 'refresh_token', authorization, expiresAt: Infinity })
      return token
    },
    find: (token) => tokens.get(token),
    isLive: ({ authorization, expiresAt }) => !authorization.grant.revoked && now() < expiresAt,
    scopesOf(grant) {
      const issued = [...codes.values(), ...tokens.values()].map(({ authorization }) => authorization)
      const approved = issued.filter((authorization) => authorization.grant === grant)
      return [...new Set(approved.flatMap(({ scopes }) => scopes))].sort()
    },
    expireAccessTokens() {
      for (const token of tokens.values()) {
        if (token.kind === 'access_token') token.expiresAt = Math.min(token.expiresAt, now())
      }
    },
    list: () => [...tokens],
    restore(token, issued) {
      tokens.set(token, issued)
    },
  }
}
