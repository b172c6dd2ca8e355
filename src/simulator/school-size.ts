/** Nine digits after the second number the people, so a school stays below that. */
const largestSchool = 10_000_000

/**
 * Checks how many people, students or classes a school has.
 * @throws TypeError unless it is a whole number from 0 to 10,000,000
 */
export function requireSchoolSize(what: string, size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > largestSchool) {
    throw new TypeError(`${what} must be a whole number from 0 to ${String(largestSchool)}.`)
  }
}
