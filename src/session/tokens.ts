import { inspect } from 'node:util'

/** Apple's tokens of one login. Printing them or encoding them as JSON shows `[redacted]`. */
export interface AppleTokens {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  /** When the access token ends. */
  readonly expiresAt: Date
  /** Absent where Apple sent none. */
  readonly refreshToken?: string | undefined
  /** As verified at login; absent where Apple sent none. */
  readonly idToken?: string | undefined
  /** What was granted, separated by spaces. */
  readonly scope: string
  /** What was asked for, separated by spaces. */
  readonly requestedScope: string
}

/** Wraps tokens so that no log, JSON answer or object spread shows them by accident. */
export function createTokens(values: AppleTokens): AppleTokens {
  return new RedactedTokens(values)
}

class RedactedTokens {
  // Private and behind getters of the prototype: nothing is left for spreads, Object.assign and loggers to copy.
  readonly #values: AppleTokens

  constructor(values: AppleTokens) {
    this.#values = values
  }

  get accessToken(): string {
    return this.#values.accessToken
  }

  get tokenType(): 'Bearer' {
    return this.#values.tokenType
  }

  get expiresAt(): Date {
    return this.#values.expiresAt
  }

  get refreshToken(): string | undefined {
    return this.#values.refreshToken
  }

  get idToken(): string | undefined {
    return this.#values.idToken
  }

  get scope(): string {
    return this.#values.scope
  }

  get requestedScope(): string {
    return this.#values.requestedScope
  }

  toJSON(): string {
    return '[redacted]'
  }

  toString(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}
