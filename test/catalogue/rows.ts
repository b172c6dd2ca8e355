import { loginSections } from './login-rows.js'
import { otherSections } from './other-rows.js'
import type { Section } from './section.js'

/** The whole catalogue of hostile conditions. */
export const sections: readonly Section[] = [...loginSections, ...otherSections]

/** The number of every row, ascending; numbers in between that are not here are no rows. */
export const rowNumbers: readonly number[] = sections.flatMap(({ rows }) => Object.keys(rows).map(Number))

/** The name of the section that a row stands in. */
export function sectionOf(row: number): string {
  return sections.find(({ rows }) => Object.hasOwn(rows, row))?.name ?? 'none'
}
