import type { AppleSimulator, SimulatorEndpoint, SimulatorPerson, SimulatorRequest } from '../simulator/index.js'
import type { Visit } from './agent-browser.js'
import { askApple } from './ask-apple.js'
import { readForm } from './html-form.js'

/** What a person does on the consent page. */
export interface ConsentOptions {
  /** Presses Hide My Email: private accounts only, counts the first time. Default: false. */
  readonly hideEmail?: boolean
  /** Presses Cancel instead of Continue. Default: false. */
  readonly cancel?: boolean
}

/**
 * Opens Apple's consent page and answers it; gives the visit to the app that follows.
 * @throws Error when Apple refuses the request, or the person may not approve
 */
export async function answerConsent(
  simulator: AppleSimulator,
  authorizeUrl: URL,
  person: SimulatorPerson,
  { hideEmail = false, cancel = false }: ConsentOptions,
): Promise<Visit> {
  const page = await askApple(authorizeUrl)
  const consent = page.status === 200 ? readForm(page.text) : undefined
  if (consent === undefined) throw refusedRequest(simulator)
  const decided = await askApple(new URL(consent.action, authorizeUrl), {
    person: person.id,
    decision: cancel ? 'cancel' : 'continue',
    ...(hideEmail && { hide_email: 'true' }),
  })
  if (decided.location !== undefined) return { method: 'GET', url: new URL(decided.location), from: authorizeUrl }
  const delivery = decided.status === 200 ? readForm(decided.text) : undefined
  if (delivery === undefined) throw refusedPerson(simulator, person)
  return { method: 'POST', url: new URL(delivery.action), fields: delivery.fields, from: authorizeUrl }
}

/** Says why Apple showed an error instead of the consent page. */
export function refusedRequest({ requests }: AppleSimulator): Error {
  const { error, reason } = lastAt(requests, 'authorize')
  const advice =
    error === 'invalid_client'
      ? ' Set apple.environment before appleAuth() runs: is the app configured with another client id?'
      : ''
  return new Error(`Apple refused the authorization request: ${error}. ${reason}${advice}`)
}

function lastAt(requests: readonly SimulatorRequest[], at: SimulatorEndpoint): { error: string; reason: string } {
  const { error = '', reason = '' } = requests.findLast(({ endpoint }) => endpoint === at) ?? {}
  return { error, reason }
}

function refusedPerson({ requests }: AppleSimulator, { givenName, familyName }: SimulatorPerson): Error {
  const { reason } = lastAt(requests, 'consent')
  return new Error(`${givenName} ${familyName} may not approve: ${reason}`)
}
