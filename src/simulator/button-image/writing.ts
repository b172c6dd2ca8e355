import type { Ink } from './ink.js'
import { letters, type Letter } from './letters.js'

// Tenths of the font size, as all of a letter is.
const gap = 1.9
const thickness = 1
const capitalHeight = 7

/** The width of a text in pixels for a font size in pixels. */
export function textWidth(text: string, fontSize: number): number {
  const drawn = lettersOf(text)
  const tenths = drawn.reduce((sum, { width }) => sum + width, 0) + gap * (drawn.length - 1) + thickness
  return (tenths * fontSize) / 10
}

/** Writes a text from `x` on, its capitals between `middle` and both sides of it; all in pixels. */
export function writeText(ink: Ink, text: string, fontSize: number, x: number, middle: number): void {
  const unit = fontSize / 10
  // Lines between two pixels are grey and broad; whole letters are moved so that their first lines are on pixels.
  const baseline = Math.round(middle + (capitalHeight / 2) * unit) - 0.5
  let left = x + (thickness / 2) * unit
  for (const { width, strokes } of lettersOf(text)) {
    const start = Math.floor(left) + 0.5
    for (const stroke of strokes) {
      const placed = stroke.map((value, i) => (i % 2 === 0 ? start + value * unit : baseline - value * unit))
      ink.draw(placed, thickness * unit)
    }
    left += (width + gap) * unit
  }
}

function lettersOf(text: string): Letter[] {
  return Array.from(text, (character) => {
    const found = letters[character]
    if (found === undefined) throw new Error(`There is no letter ${character} to draw.`)
    return found
  })
}
