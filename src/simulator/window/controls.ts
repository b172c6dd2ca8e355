import { changePerson, type PersonChanges } from '../change-person.js'
import type { FaultOptions } from '../faults.js'
import { fullName } from '../person.js'
import type { SimulatorState } from '../simulator-state.js'
import { faultWords } from './fault-words.js'
import type { Outcome } from './outcome.js'

/** Lets a new signing key in and the oldest out. */
export function rotateKeys({ keys }: SimulatorState): Outcome & { readonly work: Promise<void> } {
  return {
    said:
      'Signing keys rotated: a new key came in and the oldest is gone. An app that kept the keys fetches them again ' +
      'when it meets the new one.',
    work: keys.rotate(),
  }
}

/** Ends every access token. */
export function expireAccessTokens({ tokens, save }: SimulatorState): Outcome {
  tokens.expireAccessTokens()
  save()
  return { said: 'Access tokens expired: an app that uses one gets 401, and asks with its refresh token for another.' }
}

/** Lets the next requests that fit fail. @throws TypeError for options that make no sense */
export function fail({ faults }: SimulatorState, fault: FaultOptions): Outcome {
  faults.add(fault)
  return { said: `A failure waits: ${faultWords(fault, fault.times ?? 1)}.` }
}

/** Calls off every failure that waits. */
export function behave({ faults }: SimulatorState): Outcome {
  faults.clear()
  return { said: 'Failures called off: Apple behaves again.' }
}

/** Changes a person. @throws TypeError for somebody unknown and for what cannot be */
export function change(state: SimulatorState, id: string, changes: PersonChanges): Outcome {
  const person = changePerson(state, id, changes)
  return { said: `${fullName(person)} was changed: the next id_token, the consent page and the Roster API show it.` }
}
