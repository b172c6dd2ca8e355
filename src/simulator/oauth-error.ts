/** The error codes of the token and revoke endpoints. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'

/** A refusal that goes to the client as Apple's JSON; `reason` stays with the simulator. */
export class OAuthError extends Error {
  readonly error: OAuthErrorCode
  /** What the developer may know and Apple would not say; without secrets, tokens and codes. */
  readonly reason: string
  /** Only the texts seen on the wire. */
  readonly description: string | undefined

  constructor(error: OAuthErrorCode, reason: string, description?: string) {
    super(`${error}: ${reason}`)
    this.name = 'OAuthError'
    this.error = error
    this.reason = reason
    this.description = description
  }
}

/** A refusal that Apple shows to the person in the browser, without redirecting. */
export class PageError extends Error {
  /** The title of the page. */
  readonly error: string
  readonly reason: string
  /** The sentence below the title, where Apple shows one. */
  readonly sentence: string | undefined

  constructor(error: string, reason: string, sentence?: string) {
    super(`${error}: ${reason}`)
    this.name = 'PageError'
    this.error = error
    this.reason = reason
    this.sentence = sentence
  }
}
