import { describe, it } from '@jest/globals'

/** `describe` for tests that need something: skipped with a word where it is not there, failed where `CI=true`. */
export function describeWhere(isThere: boolean, advice: string, name: string, tests: () => void): void {
  if (isThere) {
    describe(name, tests)
  } else if (process.env.CI === 'true') {
    describe(name, () => {
      it('needs what is not here', () => {
        throw new Error(advice)
      })
    })
  } else {
    // Jest itself only counts what was skipped.
    process.stderr.write(`Skipped: ${name}. ${advice}\n`)
    describe(name, () => {
      it.skip(`skipped: ${advice}`, () => undefined)
    })
  }
}
