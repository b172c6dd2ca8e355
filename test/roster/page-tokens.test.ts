import { describe, expect, it } from '@jest/globals'
import { createTokenMemory } from '../../src/roster/page-tokens.js'

/** The number of tokens taken before one is known. */
function stepsUntilKnown(token: (index: number) => number, limit = 1_000_000): number {
  const isKnown = createTokenMemory()
  for (let index = 0; index < limit; index += 1) if (isKnown(`token-${String(token(index))}`)) return index
  return limit
}

describe('createTokenMemory', () => {
  it('knows none of a hundred thousand different tokens', () => {
    expect(stepsUntilKnown((index) => index, 100_000)).toBe(100_000)
  })

  it('knows the first token for ever', () => {
    expect(stepsUntilKnown((index) => index % 50_000)).toBe(50_000)
  })

  it.each([1, 2, 999, 1000])('knows a token that came %d before, at once', (length) => {
    expect(stepsUntilKnown((index) => (index < 5500 ? index : 5500 + ((index - 5500) % length)))).toBe(5500 + length)
  })

  it('finds a long circle that it enters late before it has gone round it many times', () => {
    const [start, length] = [3000, 20_000]
    const steps = stepsUntilKnown((index) => (index < start ? index : start + ((index - start) % length)))
    expect(steps).toBeGreaterThanOrEqual(start + length)
    expect(steps).toBeLessThan(start + 4 * length)
  })
})
