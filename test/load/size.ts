/** The variable by which `npm run test:load` asks for the full size. */
export const sizeVariable = 'LOAD_SIZE'

/** Is this a run by `npm run test:load`? */
export const isFull = process.env[sizeVariable] === 'full'

/** How much a test does: a little among all other tests, and what it is about by `npm run test:load`. */
export function sized(small: number, full: number): number {
  return isFull ? full : small
}
