import { jest } from '@jest/globals'

/** What lands or not must not be a matter of chance; everywhere else each run looks for something new. */
const isRepeatable = process.env.CI === 'true'

/** The variable that makes every property be tried so many times as often; what is always the same needs less. */
const factor = Number(process.env.FUZZ_FACTOR ?? (isRepeatable ? 0.5 : 1))

// Jest's five seconds are meant for one example.
jest.setTimeout(600_000 * Math.max(1, factor))

/**
 * Has a property tried that many times, or `FUZZ_FACTOR` times as often; each time by a seed of its own, with `CI=true` by
 * the same one.
 */
export function runs(usual: number): { numRuns: number; seed?: number } {
  return { numRuns: Math.ceil(usual * factor), ...(isRepeatable ? { seed: 20_261_126 } : {}) }
}
