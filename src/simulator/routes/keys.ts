// https://developer.apple.com/documentation/accountorganizationaldatasharing/fetch-apple's-public-key-for-verifying-token-signature
import { jsonAnswer } from '../answer.js'
import type { SimulatorState } from '../simulator-state.js'
import type { Endpoint } from './endpoint.js'

/** GET keys: the same set for both services. */
export function keysEndpoint(state: SimulatorState): Endpoint {
  return async function keys() {
    return jsonAnswer(await state.keys.jwks())
  }
}
