/**
 * Refuses a member that nobody reads, because a misspelt option silently keeps its default.
 * @throws TypeError naming the unknown member and the ones there are
 */
export function requireKnownNames(what: string, value: object, known: readonly string[]): void {
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      throw new TypeError(`${what} has no "${name}". It knows: ${known.join(', ')}.`)
    }
  }
}
