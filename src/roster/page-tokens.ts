/** How many of the latest tokens are remembered at least. */
const rememberedTokens = 1000

/**
 * Makes a memory of page tokens that does not grow, and says of each token whether it came before.
 *
 * The first token and the latest thousand are known at once. Of a longer circle, Brent's way of finding cycles remembers
 * one token, another whenever twice as many pages have gone by, so that no circle is followed for ever.
 */
export function createTokenMemory(): (token: string) => boolean {
  let first: string | undefined
  let recent = new Set<string>()
  let older = new Set<string>()
  let kept: string | undefined
  let steps = 0
  let stepsUntilNext = 1

  return function isKnown(token) {
    if (token === first || token === kept || recent.has(token) || older.has(token)) return true
    first ??= token
    if (recent.size >= rememberedTokens) {
      older = recent
      recent = new Set()
    }
    recent.add(token)
    steps += 1
    if (steps === stepsUntilNext) {
      kept = token
      steps = 0
      stepsUntilNext *= 2
    }
    return false
  }
}
