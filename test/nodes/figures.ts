import { appendFileSync } from 'node:fs'

/** What one test measured; the unit stands in each name. */
export interface Figures {
  readonly test: string
  readonly server: string
  readonly [figure: string]: string | number
}

/** The variable that names the file for figures: one JSON object per line. */
export const figuresVariable = 'NODES_FIGURES'

/** Keeps the figures for `npm run test:nodes`; without it they are for nobody. */
export function recordFigures(figures: Figures): void {
  const file = process.env[figuresVariable]
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figures)}\n`)
}

/** Seconds since then, by `performance.now()`. */
export function secondsSince(startedAt: number): number {
  return Math.round(performance.now() - startedAt) / 1000
}
