import type { Stroke } from './ink.js'

/** A letter as a pen draws it: tenths of the font size, y upwards from the line of writing. */
export interface Letter {
  /** From its leftmost to its rightmost line. */
  readonly width: number
  readonly strokes: readonly Stroke[]
}

/** How far a piece of an ellipse goes, in degrees: 0 is right, 90 is up. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): number[] {
  const steps = Math.ceil(Math.abs(to - from) / 15)
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = ((from + ((to - from) * step) / steps) * Math.PI) / 180
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)]
  }).flat()
}

const bowl = arc(2.1, 2.5, 2.1, 2.5, 0, 360)
const arch = [...arc(2, 3.1, 2, 1.9, 180, 0), 4, 0]

function letter(width: number, ...strokes: Stroke[]): Letter {
  return { width, strokes }
}

/** The letters of the English titles and of the locales. */
export const letters: Readonly<Record<string, Letter>> = {
  ' ': letter(1.4),
  _: letter(3.6, [0, -0.8, 3.6, -0.8]),
  a: letter(4.2, bowl, [4.2, 5, 4.2, 0]),
  c: letter(3.8, arc(2.1, 2.5, 2.1, 2.5, 45, 315)),
  d: letter(4.2, bowl, [4.2, 7.4, 4.2, 0]),
  e: letter(4.2, [0.1, 2.6, 4.2, 2.6, ...arc(2.1, 2.5, 2.1, 2.5, 0, 315)]),
  f: letter(2.5, [...arc(2.3, 5.9, 1.3, 1.5, 80, 180), 1, 0], [0, 5, 2.4, 5]),
  g: letter(4.2, bowl, [4.2, 5, ...arc(2.1, -0.2, 2.1, 2, 0, -145)]),
  h: letter(4, [0, 7.4, 0, 0], arch),
  i: letter(0, [0, 5, 0, 0], [0, 7.1]),
  j: letter(1, [1, 5, ...arc(-0.2, -0.7, 1.2, 1.4, 0, -90)], [1, 7.1]),
  k: letter(3.7, [0, 7.4, 0, 0], [3.5, 5, 0, 1.7], [1.3, 2.9, 3.7, 0]),
  l: letter(0, [0, 7.4, 0, 0]),
  m: letter(
    6.4,
    [0, 5, 0, 0],
    [...arc(1.6, 3.4, 1.6, 1.6, 180, 0), 3.2, 0],
    [...arc(4.8, 3.4, 1.6, 1.6, 180, 0), 6.4, 0],
  ),
  n: letter(4, [0, 5, 0, 0], arch),
  o: letter(4.2, bowl),
  p: letter(4.2, [0, 5, 0, -2.1], bowl),
  r: letter(2, [0, 5, 0, 0], arc(2, 3, 2, 2, 180, 85)),
  s: letter(3.5, [...arc(1.75, 3.75, 1.6, 1.25, 35, 270), ...arc(1.75, 1.25, 1.75, 1.25, 90, -150)]),
  t: letter(2.5, [1, 6.6, ...arc(2.2, 1.3, 1.2, 1.3, 180, 285)], [0, 5, 2.4, 5]),
  u: letter(4, [0, 5, ...arc(2, 1.9, 2, 1.9, 180, 360)], [4, 5, 4, 0]),
  v: letter(4, [0, 5, 2, 0, 4, 5]),
  w: letter(6, [0, 5, 1.5, 0, 3, 5, 4.5, 0, 6, 5]),
  z: letter(3.6, [0, 5, 3.5, 5, 0, 0, 3.6, 0]),
  A: letter(5.2, [0, 0, 2.6, 7, 5.2, 0], [0.9, 2.4, 4.3, 2.4]),
  B: letter(4.5, [0, 3.7, ...arc(2.5, 1.85, 2, 1.85, 90, -90), 0, 0, 0, 7, ...arc(2.4, 5.35, 1.7, 1.65, 90, -90)]),
  C: letter(5, arc(2.7, 3.5, 2.7, 3.5, 45, 315)),
  D: letter(5, [...arc(1.8, 3.5, 3.2, 3.5, 90, -90), 0, 0, 0, 7, 1.8, 7]),
  E: letter(4, [4, 7, 0, 7, 0, 0, 4, 0], [0, 3.6, 3.6, 3.6]),
  F: letter(3.9, [3.9, 7, 0, 7, 0, 0], [0, 3.6, 3.5, 3.6]),
  G: letter(5.4, [...arc(2.7, 3.5, 2.7, 3.5, 45, 355), 3.2, 3.2]),
  H: letter(4.8, [0, 7, 0, 0], [4.8, 7, 4.8, 0], [0, 3.6, 4.8, 3.6]),
  I: letter(0, [0, 7, 0, 0]),
  J: letter(3.2, [3.2, 7, ...arc(1.6, 1.8, 1.6, 1.8, 0, -180)]),
  K: letter(4.5, [0, 7, 0, 0], [4.3, 7, 0, 2.5], [1.5, 4.1, 4.5, 0]),
  L: letter(3.8, [0, 7, 0, 0, 3.8, 0]),
  M: letter(6, [0, 0, 0, 7, 3, 1.8, 6, 7, 6, 0]),
  N: letter(4.9, [0, 0, 0, 7, 4.9, 0, 4.9, 7]),
  O: letter(5.8, arc(2.9, 3.5, 2.9, 3.5, 0, 360)),
  P: letter(4.2, [0, 0, 0, 7, ...arc(2.3, 5.1, 1.9, 1.9, 90, -90), 0, 3.2]),
  R: letter(4.4, [0, 0, 0, 7, ...arc(2.3, 5.1, 1.9, 1.9, 90, -90), 0, 3.2], [2.2, 3.2, 4.4, 0]),
  S: letter(4.5, [...arc(2.25, 5.2, 2.05, 1.8, 35, 270), ...arc(2.25, 1.7, 2.25, 1.7, 90, -150)]),
  T: letter(4.8, [0, 7, 4.8, 7], [2.4, 7, 2.4, 0]),
  U: letter(4.8, [0, 7, ...arc(2.4, 2.3, 2.4, 2.3, 180, 360), 4.8, 7]),
  V: letter(5.2, [0, 7, 2.6, 0, 5.2, 7]),
  W: letter(7.2, [0, 7, 1.8, 0, 3.6, 7, 5.4, 0, 7.2, 7]),
  X: letter(4.6, [0, 7, 4.6, 0], [4.6, 7, 0, 0]),
  Y: letter(4.8, [0, 7, 2.4, 3.3, 4.8, 7], [2.4, 3.3, 2.4, 0]),
  Z: letter(4.6, [0.2, 7, 4.4, 7, 0, 0, 4.6, 0]),
}
