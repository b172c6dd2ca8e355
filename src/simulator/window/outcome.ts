import type { SimulatorState } from '../simulator-state.js'

/** What a control did, in words, and what is still under way. */
export interface Outcome {
  readonly said: string
  readonly work?: Promise<unknown>
}

/** Puts what a control did between the exchanges, where it explains those that follow; answers the number of the note. */
export function noteOutcome({ window: { log, logins, redaction }, config }: SimulatorState, said: string): number {
  const line = redaction.words(said)
  return log.add({ kind: 'note', login: logins.none, at: config.now(), line, asked: [], answered: [] }).id
}
