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
  readonly #instance: Instance
  /** Of another instance, for the same request. */
  readonly #next: RequestState | undefined
  #apple: RequestApple | undefined
  #outcome: Outcome | undefined

  constructor(instance: Instance, next: RequestState | undefined) {
    this.#instance = instance
    this.#next = next
  }

  static find(first: RequestState | undefined, instance: Instance): RequestState | undefined {
    let state = first
    while (state !== undefined && state.#instance !== instance) state = state.#next
    return state
  }

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

/** A request with what instances know of it. */
type Carrier = Request & { appleAuthState?: RequestState }

/** What this instance knows of that request; it rests on the request and goes with it. */
export function stateOf(instance: Instance, req: Request): RequestState {
  const carrier = req as Carrier
  const known = RequestState.find(carrier.appleAuthState, instance)
  if (known !== undefined) return known
  const state = new RequestState(instance, carrier.appleAuthState)
  carrier.appleAuthState = state
  return state
}
