import fc from 'fast-check'
import { good } from '../config/environment.js'
import { anyConfiguration } from './any-configuration.js'
import { generatedConfiguration, type GeneratedConfiguration } from './configurations.js'
import { FuzzFailure, type FuzzTarget } from './fuzz-target.js'
import { spoiltKey, strangeKey } from './key-spellings.js'
import { outcomeOf, showsPartOf } from './outcome.js'
import { mark } from './settings.js'

/** Of some nobody knows beforehand what is wrong with them. */
type Input = Omit<GeneratedConfiguration, 'wrong'> & Partial<Pick<GeneratedConfiguration, 'wrong'>>

const inputs: fc.Arbitrary<Input> = fc.oneof(
  {
    weight: 6,
    // An instance with a store of its own looks into it as long as the process lives.
    arbitrary: generatedConfiguration.filter(({ options, wrong }) => wrong.length > 0 || !('store' in options)),
  },
  { weight: 1, arbitrary: anyConfiguration.map((configuration) => ({ ...configuration, secrets: [] })) },
  {
    weight: 1,
    arbitrary: fc
      .oneof(spoiltKey, strangeKey)
      .map(({ text, body }) => ({ options: { ...good, privateKey: text }, variables: {}, secrets: [body] })),
  },
)

/** Options and variables; each must be taken, or refused for exactly what is wrong with it. */
export function createConfigurationTarget(): FuzzTarget<Input> {
  return {
    name: 'configuration',
    inputs,
    signIns: () => 0,
    stop: () => Promise.resolve(),

    send({ options, variables, wrong, secrets }) {
      const outcome = outcomeOf(options, variables)
      const found = [...outcome.wrong].sort().join()
      if (wrong !== undefined && found !== wrong.join()) {
        throw new FuzzFailure(`said that ${found} is wrong, not ${wrong.join()}`)
      }
      if (outcome.shown.includes(mark) || secrets.some((secret) => showsPartOf(outcome, secret))) {
        throw new FuzzFailure('showed a value')
      }
      return Promise.resolve(outcome.isTaken ? 'taken' : 'refused')
    },
  }
}
