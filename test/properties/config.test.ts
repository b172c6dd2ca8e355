import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { collectWarnings } from '../support/warnings.js'
import { anyConfiguration } from './any-configuration.js'
import { generatedConfiguration } from './configurations.js'
import { type Outcome, outcomeOf, showsPartOf } from './outcome.js'
import { runs } from './runs.js'
import { mark } from './settings.js'

/** The outcome with everything that was warned of in what it shows. */
async function outcomeWithWarnings(...configuration: Parameters<typeof outcomeOf>): Promise<Outcome> {
  let outcome: Outcome | undefined
  const warnings = await collectWarnings(() => Promise.resolve((outcome = outcomeOf(...configuration))))
  if (outcome === undefined) throw new Error('there was no outcome')
  return { ...outcome, shown: outcome.shown + JSON.stringify(warnings) }
}

describe('appleAuth with any options and variables', () => {
  it('names exactly the wrong ones, or gives an instance where there are none; and repeats no value', async () => {
    const property = fc.asyncProperty(generatedConfiguration, async ({ options, variables, wrong, secrets }) => {
      const outcome = await outcomeWithWarnings(options, variables)
      expect([...outcome.wrong].sort()).toEqual(wrong)
      expect(outcome.isTaken).toBe(wrong.length === 0)
      expect(outcome.shown.includes(mark)).toBe(false)
      expect(secrets.some((secret) => showsPartOf(outcome, secret))).toBe(false)
    })
    await fc.assert(property, runs(500))
  })

  it('gives an instance or lists what is wrong, whatever the values are', async () => {
    const property = fc.asyncProperty(anyConfiguration, async ({ options, variables }) => {
      const outcome = await outcomeWithWarnings(options, variables)
      expect(outcome.isTaken).toBe(outcome.wrong.length === 0)
      expect(outcome.shown.includes(mark)).toBe(false)
    })
    await fc.assert(property, runs(500))
  })
})
