// Held here because reading a global costs much where tests run in contexts of their own, and there are many pixels.
const { ceil, floor, max, min, round, sqrt } = Math

/** Points of a line, x and y in turn; a single point is a dot. */
export type Stroke = readonly number[]

/** What is drawn on a button, before it has a colour: for each pixel how much of it is covered, 0 to 255. */
export interface Ink {
  readonly coverage: Uint8Array
  /** Draws a line with round ends, in pixels from the upper left corner. */
  readonly draw: (stroke: Stroke, thickness: number) => void
}

/** Starts with nothing drawn. */
export function createInk(width: number, height: number): Ink {
  const coverage = new Uint8Array(width * height)

  /** Covers what is nearer to the line than half its thickness, with soft edges. */
  function drawSegment(x1: number, y1: number, x2: number, y2: number, radius: number): void {
    const reach = radius + 1
    const lastX = min(width - 1, ceil(max(x1, x2) + reach))
    const lastY = min(height - 1, ceil(max(y1, y2) + reach))
    const firstX = max(0, floor(min(x1, x2) - reach))
    const squared = (x2 - x1) ** 2 + (y2 - y1) ** 2
    for (let y = max(0, floor(min(y1, y2) - reach)); y <= lastY; y++) {
      for (let x = firstX; x <= lastX; x++) {
        const dx = x + 0.5 - x1
        const dy = y + 0.5 - y1
        const along = squared === 0 ? 0 : (dx * (x2 - x1) + dy * (y2 - y1)) / squared
        const nearest = min(1, max(0, along))
        const distance = sqrt((dx - nearest * (x2 - x1)) ** 2 + (dy - nearest * (y2 - y1)) ** 2)
        const covered = round(255 * min(1, max(0, radius + 0.5 - distance)))
        const index = y * width + x
        if (covered > (coverage[index] ?? 0)) coverage[index] = covered
      }
    }
  }

  return {
    coverage,
    draw(stroke, thickness) {
      for (let i = 0; i === 0 || i + 3 < stroke.length; i += 2) {
        const [x1 = 0, y1 = 0, x2 = x1, y2 = y1] = stroke.slice(i, i + 4)
        drawSegment(x1, y1, x2, y2, thickness / 2)
      }
    },
  }
}
