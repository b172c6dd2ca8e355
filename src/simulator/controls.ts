import type { PersonChanges } from './change-person.js'
import type { FaultOptions } from './faults.js'
import type { SimulatorState } from './simulator-state.js'
import { behave, change, expireAccessTokens, fail, rotateKeys } from './window/controls.js'
import { noteOutcome, type Outcome } from './window/outcome.js'

/** What lets Apple behave otherwise than usual; the simulator's own page has a button or a form for each. */
export interface SimulatorControls {
  /** Lets a new signing key in and the oldest out, as Apple does every few weeks. */
  readonly rotateKeys: () => Promise<void>
  /**
   * Changes a person: the next id_token, the consent page and the Roster API show it; a restart forgets it.
   * @throws TypeError for somebody unknown and for what cannot be
   */
  readonly changePerson: (personId: string, changes: PersonChanges) => void
  /** Ends every access token at once; refresh tokens stay. */
  readonly expireAccessTokens: () => void
  /** Lets the next requests that fit fail, be late, or get no answer. @throws TypeError for options that make no sense */
  readonly fail: (fault: FaultOptions) => void
  /** Calls off every fault that did not strike yet. */
  readonly behave: () => void
}

/** All of them as they act on one simulator; the window shows each. */
export function createControls(state: SimulatorState): SimulatorControls {
  function noted<Done extends Outcome>(outcome: Done): Done {
    noteOutcome(state, outcome.said)
    return outcome
  }

  return {
    rotateKeys: () => noted(rotateKeys(state)).work,
    changePerson: (id, changes) => void noted(change(state, id, changes)),
    expireAccessTokens: () => void noted(expireAccessTokens(state)),
    fail: (fault) => void noted(fail(state, fault)),
    behave: () => void noted(behave(state)),
  }
}
