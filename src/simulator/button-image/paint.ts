import type { ButtonRequest } from './button-request.js'
import type { GreyImage } from './png.js'

// Held here because reading a global costs much where tests run in contexts of their own, and there are many pixels.
const { abs, max, min, round, sqrt } = Math

/** Colours a button: its ground with round corners, what is drawn on it, and the line around it. */
export function paint(button: ButtonRequest, coverage: Uint8Array): GreyImage {
  const { scale } = button
  const [width, height] = [button.width * scale, button.height * scale]
  const ground = button.color === 'white' ? 255 : 0
  const radius = min(button.borderRadius * scale, width / 2, height / 2)
  const pixels = new Uint8Array(2 * width * height)

  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const index = y * width + x
      const outside = distanceFromEdge(x + 0.5 - width / 2, y + 0.5 - height / 2, width / 2, height / 2, radius)
      // The line is one point thick. In Apple's words it outlines white; around black it has to be white itself.
      const line = button.hasBorder ? 255 * clamp(outside + scale + 0.5) : 0
      const drawn = round(max(line, coverage[index] ?? 0))
      pixels[2 * index] = ground === 0 ? drawn : 255 - drawn
      pixels[2 * index + 1] = round(255 * clamp(0.5 - outside))
    }
  }
  return { width, height, pixels }
}

/** In pixels, negative inside of a rectangle with round corners; `x` and `y` are from its middle. */
function distanceFromEdge(x: number, y: number, halfWidth: number, halfHeight: number, radius: number): number {
  const beyondX = abs(x) - halfWidth + radius
  const beyondY = abs(y) - halfHeight + radius
  if (beyondX <= 0 || beyondY <= 0) return max(beyondX, beyondY) - radius
  return sqrt(beyondX ** 2 + beyondY ** 2) - radius
}

function clamp(value: number): number {
  return min(1, max(0, value))
}
