import type { RequestHandler } from 'express'
import { consentWords, isConsentOf } from '../home/consent-list.js'
import { takeHomeForm } from '../home/home-form.js'
import { endConsents } from '../notifications/end-consents.js'
import type { SimulatorState } from '../simulator-state.js'

/** POST of a "Stop using this app" button: ends the consent, as its owner does in the account settings. */
export function stopUsingRoute(state: SimulatorState): RequestHandler {
  return takeHomeForm(state, (form) => {
    // Where it has ended meanwhile there is nothing left to do.
    const words = state.grants
      .list()
      .filter((grant) => isConsentOf(grant, form))
      .map((grant) => consentWords(state, grant))
    const ended = endConsents(state, (grant) => isConsentOf(grant, form))
    const said =
      ended === 0
        ? 'That consent had ended before.'
        : `The consent of ${words.join(', ')} ended, and every token that came from it.`
    return { said, work: state.outbox.settled() }
  })
}
