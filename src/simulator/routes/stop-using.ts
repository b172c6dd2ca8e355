import type { RequestHandler } from 'express'
import { isConsentOf } from '../home/consent-list.js'
import { takeHomeForm } from '../home/home-form.js'
import { endConsents } from '../notifications/end-consents.js'
import type { SimulatorState } from '../simulator-state.js'

/** POST of a "Stop using this app" button: ends the consent, as its owner does in the account settings. */
export function stopUsingRoute(state: SimulatorState): RequestHandler {
  return takeHomeForm(state, (form) => {
    // Where it has ended meanwhile there is nothing left to do.
    endConsents(state, (grant) => isConsentOf(grant, form))
    return state.outbox.settled()
  })
}
