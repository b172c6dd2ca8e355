import { closestMatch } from 'leven'
import { AppleArgumentError } from '../errors.js'
import type { AppleButtonLayout, AppleButtonOptions } from './button-options.js'
import { optionRules, type ButtonOptionName } from './option-rules.js'

type Given = Readonly<Record<string, unknown>>

const optionNames = Object.keys(optionRules) as ButtonOptionName[]
const layouts = optionRules.layout.layouts
const positions = ['labelPosition', 'logoPosition'] as const

/**
 * Gives the options as they may be used: the object's own members, each read once.
 *
 * @throws AppleArgumentError that lists every mistake at once
 */
export function parseButtonOptions(options: unknown): AppleButtonOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new AppleArgumentError('appleButton() takes an object of options, or nothing.')
  }
  const given: Given = { ...options }
  const mistakes = findMistakes(given)
  if (mistakes.length === 0) return given
  const lines = mistakes.map((mistake) => `  - option ${mistake}`)
  const count = mistakes.length === 1 ? '1 mistake' : `${String(mistakes.length)} mistakes`
  throw new AppleArgumentError(`appleButton(): ${count}.\n${lines.join('\n')}`)
}

function findMistakes(options: Given): string[] {
  const layout = layouts.find((name) => name === (options.layout ?? 'center'))
  const mistakes: string[] = []
  for (const name of Object.keys(options)) {
    if (options[name] === undefined && isOption(name)) continue
    const mistake = isOption(name) ? judge(name, options[name], layout) : unknownName(name, layout)
    if (mistake !== undefined) mistakes.push(mistake)
  }
  return [...mistakes, ...positionsBeyondHalf(options)]
}

function isOption(name: string): name is ButtonOptionName {
  return Object.hasOwn(optionRules, name)
}

function unknownName(name: string, layout: AppleButtonLayout | undefined): string {
  const shown = name.slice(0, 64)
  const known = optionNames.filter((option) => layout === undefined || optionRules[option].layouts.includes(layout))
  const nearest = closestMatch(shown, known, { maxDistance: 4 })
  return `${shown} is not known${nearest === undefined ? '; remove it' : `; did you mean ${nearest}?`}`
}

/** `layout` is undefined where it is wrong itself; then only the value is judged. */
function judge(name: ButtonOptionName, value: unknown, layout: AppleButtonLayout | undefined): string | undefined {
  const option = optionRules[name]
  if (layout !== undefined && !option.layouts.includes(layout)) {
    const instead = name === 'locale' ? '; altLocale is the language of the text for screen readers' : ''
    return `${name} is for the layout ${option.layouts.join(' or ')}, not for ${layout}${instead}`
  }
  return option.accepts(value) ? undefined : `${name} must be ${option.rule}`
}

function positionsBeyondHalf(options: Given): string[] {
  const width = options.width ?? 140
  if (options.layout !== 'left' || typeof width !== 'number' || !optionRules.width.accepts(width)) return []
  return positions
    .filter((name) => optionRules[name].accepts(options[name]) && Number(options[name]) > width / 2)
    .map((name) => `${name} must be at most ${String(Math.floor(width / 2))}, half the width of ${String(width)}`)
}
