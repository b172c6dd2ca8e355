import type { Request } from 'express'
import type { AppleStoreError } from '../errors.js'
import type { Instance } from './instance.js'
import type { RequestApple } from './request-apple.js'

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

/** What an instance knows of one request. Behind private names: apps print requests, and an outcome holds tokens. */
export class RequestState {
  #apple: RequestApple | undefined
  #outcome: Outcome | undefined

  get apple(): RequestApple | undefined {
    return this.#apple
  }

  set apple(apple: RequestApple | undefined) {
    this.#apple = apple
  }

  get outcome(): Outcome | undefined {
    return this.#outcome
  }

  set outcome(outcome: Outcome | undefined) {
    this.#outcome = outcome
  }
}

/** What this instance knows of that request. It rests on the request: a WeakMap of all requests costs each of them more. */
export function stateOf({ requestKey }: Instance, req: Request): RequestState {
  const bag = req as unknown as Partial<Record<symbol, RequestState>>
  return (bag[requestKey] ??= new RequestState())
}
