import { appendFileSync } from 'node:fs'

/** One row of a table of measurements; the unit stands in each name. */
export interface Figures {
  readonly table: string
  readonly row: string
  readonly [figure: string]: string | number
}

/** The variable that names the file for figures: one JSON object per line. */
export const figuresVariable = 'LOAD_FIGURES'

/** Keeps the figures for `npm run test:load`; without it they are for nobody. */
export function recordFigures(figures: Figures): void {
  const file = process.env[figuresVariable]
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figures)}\n`)
}

/** The value that this share of them does not exceed: 0.5 for the median. NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

/** Rounds to so many digits after the point. */
export function rounded(value: number, digits = 1): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
