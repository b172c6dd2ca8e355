import type { ButtonRequest, ButtonTitle, LogoSize } from './button-request.js'
import { createInk, type Ink } from './ink.js'
import { paint } from './paint.js'
import type { GreyImage } from './png.js'
import { textWidth, writeText } from './writing.js'

const english = { 'sign-in': 'Sign in with Apple', continue: 'Continue with Apple' } as const
const short = { 'sign-in': 'Sign in', continue: 'Continue' } as const
/** The part of the button's height that the logo beside a title has. */
const markHeights: Readonly<Record<LogoSize, number>> = { small: 0.32, medium: 0.4, large: 0.48 }
/** The part of the button's width that stays free on both sides. */
const margin = 0.08

/**
 * Draws a button. The ring stands where Apple's own has Apple's logo; other languages than English are English words
 * with the locale beside them.
 */
export function drawButton(button: ButtonRequest): GreyImage {
  const size = { width: button.width * button.scale, height: button.height * button.scale }
  const ink = createInk(size.width, size.height)
  if (button.title === undefined) drawMark(ink, size.width / 2, size.height / 2, size.height * 0.44)
  else drawTitle(ink, size, button.scale, button.title)
  return paint(button, ink.coverage)
}

interface Size {
  readonly width: number
  readonly height: number
}

interface Fit {
  readonly text: string
  readonly mark: number
  readonly gap: number
  readonly fontSize: number
}

function drawTitle(ink: Ink, { width, height }: Size, scale: number, title: ButtonTitle): void {
  const left = Math.max(margin * width, (title.left?.logoPosition ?? 0) * scale)
  const right = width - margin * width
  const { text, mark, gap, fontSize } = fit(title, height, right - left)
  const needed = textWidth(text, fontSize)
  const spare = title.left === undefined ? (right - left - mark - gap - needed) / 2 : 0
  // A title that would not fit where it is wanted moves to the left, as far as the logo lets it.
  const wanted = Math.min((title.left?.labelPosition ?? 0) * scale, right - needed)
  drawMark(ink, left + spare + mark / 2, height / 2, mark)
  writeText(ink, text, fontSize, Math.max(left + spare + mark + gap, wanted), height / 2)
}

/** What of logo, gap and words has which size: the longest words for which there is room, else the shortest, smaller. */
function fit(title: ButtonTitle, height: number, room: number): Fit {
  const usual = {
    mark: markHeights[title.left?.logoSize ?? 'medium'] * height,
    gap: 0.16 * height,
    fontSize: 0.43 * height,
  }
  const lengthOf = (text: string): number => usual.mark + usual.gap + textWidth(text, usual.fontSize)
  const texts = wordings(title)
  const text = texts.find((each) => lengthOf(each) <= room) ?? texts.at(-1) ?? ''
  const factor = Math.min(1, room / lengthOf(text))
  return { text, mark: usual.mark * factor, gap: usual.gap * factor, fontSize: usual.fontSize * factor }
}

/** The longest first. */
function wordings({ type, locale }: ButtonTitle): string[] {
  return locale.startsWith('en_') ? [english[type]] : [`${english[type]} ${locale}`, `${short[type]} ${locale}`]
}

/** A ring around a dot. */
function drawMark(ink: Ink, x: number, y: number, height: number): void {
  const thickness = height / 7
  const radius = (height - thickness) / 2
  const ring = Array.from({ length: 65 }, (_, step) => (step * Math.PI) / 32).flatMap((angle) => [
    x + radius * Math.cos(angle),
    y + radius * Math.sin(angle),
  ])
  ink.draw(ring, thickness)
  ink.draw([x, y], height / 2.8)
}
