import type { AppleStoreError } from '../errors.js'

/** What came of looking a request's login up. */
export interface Outcome {
  /** The login as it was stored at that time. */
  readonly stored: string
  /** What was known of ended logins then: see `marks.version`. */
  readonly version: number
  /** Until when logins of its subjects have ended, in milliseconds since 1970; it is still there, so it is younger. */
  readonly endedUntil: number
  /** Why it could not be looked up: then nobody may take it for a good one. */
  readonly failure?: AppleStoreError
}

/** The part of `req.apple` that apps do not see. Behind a private name: they print requests, and an outcome holds tokens. */
export class RequestState {
  #outcome: Outcome | undefined

  /** What is known of the login of that `req.apple`. */
  static outcome(apple: object): Outcome | undefined {
    return #outcome in apple ? apple.#outcome : undefined
  }

  static noteOutcome(apple: object, outcome: Outcome): void {
    if (#outcome in apple) apple.#outcome = outcome
  }
}
