import { inspect } from 'node:util'
import { AppleConfigError } from '../../src/index.js'
import { configure, type Loose } from '../config/environment.js'

/** What came of a configuration. */
export interface Outcome {
  readonly isTaken: boolean
  /** The options that are said to be wrong, each once. */
  readonly wrong: readonly string[]
  /** Everything that a log, a crash report or an error page could show of it. */
  readonly shown: string
}

/**
 * Configures an instance from values of any type.
 *
 * @throws whatever `appleAuth()` throws but an AppleConfigError that lists what is wrong
 */
export function outcomeOf(options: Loose, variables: Readonly<Record<string, string>> = {}): Outcome {
  try {
    const auth = configure(options, variables)
    auth.router()
    auth.attach()
    return { isTaken: true, wrong: [], shown: inspect(auth, { depth: 5, showHidden: true }) }
  } catch (error) {
    if (!(error instanceof AppleConfigError) || error.problems.length === 0) throw error
    return {
      isTaken: false,
      wrong: [...new Set(error.problems.map(({ option }) => option))],
      shown: [
        error.message,
        error.stack,
        JSON.stringify(error),
        inspect(error, { depth: 5, showHidden: true, getters: true }),
      ].join('\n'),
    }
  }
}

/** Does an outcome show sixteen characters in a row of a secret? */
export function showsPartOf({ shown }: Outcome, secret: string): boolean {
  return Array.from({ length: Math.max(0, secret.length - 15) }, (_, start) => secret.slice(start, start + 16)).some(
    (part) => shown.includes(part),
  )
}
