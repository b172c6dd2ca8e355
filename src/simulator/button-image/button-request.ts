// https://developer.apple.com/documentation/signinwithapple/incorporating-sign-in-with-apple-into-other-platforms
import { locales } from '../locales.js'
import { PageError } from '../oauth-error.js'

/** The three images, by the last part of their paths. */
export type ButtonLayout = 'center' | 'left' | 'logo'

/** What an image was asked to be; lengths in points. */
export interface ButtonRequest {
  readonly width: number
  readonly height: number
  readonly color: 'black' | 'white'
  readonly hasBorder: boolean
  readonly borderRadius: number
  /** Pixels per point. */
  readonly scale: number
  /** Absent where the logo is alone. */
  readonly title?: ButtonTitle
}

/** The words beside the logo. */
export interface ButtonTitle {
  readonly type: 'sign-in' | 'continue'
  readonly locale: string
  /** Absent where both are in the middle. */
  readonly left?: { readonly labelPosition: number; readonly logoPosition: number; readonly logoSize: LogoSize }
}

/** Of the logo beside a title on the left. */
export type LogoSize = (typeof logoSizes)[number]

const logoSizes = ['small', 'medium', 'large'] as const

const look = ['color', 'border', 'border_radius', 'scale']
const titled = ['height', 'width', ...look, 'type', 'locale']
const parameterNames: Readonly<Record<ButtonLayout, readonly string[]>> = {
  center: titled,
  left: [...titled, 'label-position', 'logo-position', 'logo-size'],
  logo: ['size', ...look],
}

/**
 * Reads a query as strictly as Apple does.
 * @throws PageError for a parameter that is wrong, repeated, or not one of this image's
 */
export function readButtonRequest(layout: ButtonLayout, query: string): ButtonRequest {
  const values = readValues(layout, query)
  const size = wholeNumber(values, 'size', 30, 64, 30)
  const request = {
    width: layout === 'logo' ? size : wholeNumber(values, 'width', 130, 375, 140),
    height: layout === 'logo' ? size : wholeNumber(values, 'height', 30, 64, 30),
    color: oneOf(values, 'color', ['black', 'white']),
    hasBorder: oneOf(values, 'border', ['false', 'true']) === 'true',
    borderRadius: wholeNumber(values, 'border_radius', 0, 50, 15),
    scale: wholeNumber(values, 'scale', 1, 6, 1),
  }
  if (layout === 'logo') return request
  const title = {
    type: oneOf(values, 'type', ['sign-in', 'continue']),
    // Apple does not say what is drawn without one.
    locale: values.has('locale') ? oneOf(values, 'locale', locales) : 'en_US',
  }
  if (layout === 'center') return { ...request, title }
  const left = {
    labelPosition: position(values, 'label-position', request.width),
    logoPosition: position(values, 'logo-position', request.width),
    // Nor which size is the usual one.
    logoSize: values.has('logo-size') ? oneOf(values, 'logo-size', logoSizes) : 'medium',
  }
  return { ...request, title: { ...title, left } }
}

type Values = ReadonlyMap<string, string>

function readValues(layout: ButtonLayout, query: string): Values {
  const known = parameterNames[layout]
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name)) {
      refuse(`there is no parameter ${name.slice(0, 64)} for this image, only ${known.join(', ')}`)
    }
    if (values.has(name)) refuse(`${name} comes more than once`)
    values.set(name, value)
  }
  return values
}

function wholeNumber(values: Values, name: string, least: number, most: number, byDefault: number): number {
  const text = values.get(name) ?? String(byDefault)
  const value = Number(text)
  if (!/^\d{1,3}$/.test(text) || value < least || value > most) {
    refuse(`${name} must be a whole number from ${String(least)} to ${String(most)}`)
  }
  return value
}

/** The first value is the default. */
function oneOf<Value extends string>(values: Values, name: string, allowed: readonly Value[]): Value {
  const text = values.get(name) ?? allowed[0]
  return allowed.find((value) => value === text) ?? refuse(`${name} must be one of ${allowed.join(', ')}`)
}

function position(values: Values, name: string, width: number): number {
  const value = wholeNumber(values, name, 0, 182, 0)
  if (2 * value > width) refuse(`${name} must not be more than half the width, which is ${String(width)}`)
  return value
}

function refuse(reason: string): never {
  throw new PageError('Not Found', reason)
}
