/** Runs something as soon as there is a place for it. */
export type InPlace = <Result>(run: () => Promise<Result>) => Promise<Result>

/** Lets so many run at once; the others wait for their turn, first come first served. */
export function createPlaces(places: number): InPlace {
  const waiting: (() => void)[] = []
  let free = places
  return async function inPlace(run) {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await run()
    } finally {
      const next = waiting.shift()
      // The place is handed on, so nobody who comes now gets ahead.
      if (next === undefined) free += 1
      else next()
    }
  }
}
