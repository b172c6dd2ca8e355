import type { SimulatorState } from '../simulator-state.js'
import { waitingFaults } from '../window/fault-form.js'
import { consentList } from './consent-list.js'
import { notificationTable } from './notification-table.js'

/** The parts of the page, besides the exchanges, that change without anybody pressing a button, as HTML. */
export interface MovingParts {
  readonly consents: string
  readonly faults: string
  readonly told: string
}

/** Where an open page asks for them. */
export const movingPartsPath = '/simulator/parts'

/** Shows them as they are now; `path` is where the simulator is mounted. */
export function movingParts(state: SimulatorState, path: string): MovingParts {
  return { consents: consentList(state, path), faults: waitingFaults(state, path), told: notificationTable(state) }
}

/** Puts a part where the page's script finds it. */
export function movingPart(name: keyof MovingParts, html: string): string {
  return `<div id="part-${name}">\n${html}\n</div>`
}
