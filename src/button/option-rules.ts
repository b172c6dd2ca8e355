// https://developer.apple.com/documentation/signinwithapplerestapi/get-a-sign-in-with-apple-button-that-is-center-aligned.
import { readHref } from './href.js'
import { readImageBaseUrl } from './image-base-url.js'
import type {
  AppleButtonLayout,
  AppleCenterButtonOptions,
  AppleLeftButtonOptions,
  AppleLogoButtonOptions,
} from './button-options.js'
import { buttonTitles } from './button-titles.js'

/** The name of an option of any layout. */
export type ButtonOptionName =
  keyof AppleCenterButtonOptions | keyof AppleLeftButtonOptions | keyof AppleLogoButtonOptions

/** What an option takes, and what becomes of it. */
export interface ButtonOption {
  /** The name of Apple's parameter; undefined for what Apple is not told. */
  readonly parameter?: string
  /** The layouts that have it. */
  readonly layouts: readonly AppleButtonLayout[]
  /** What it must be, to follow "must be". */
  readonly rule: string
  readonly accepts: (value: unknown) => boolean
}

const every = ['center', 'left', 'logo'] as const
const titled = ['center', 'left'] as const
const left = ['left'] as const
const logo = ['logo'] as const

/** Every option. Apple's names have underscores here and hyphens there. */
export const optionRules: Readonly<Record<ButtonOptionName, ButtonOption>> = {
  layout: { layouts: every, ...oneOf(...every) },
  height: { parameter: 'height', layouts: titled, ...wholeNumber(30, 64) },
  width: { parameter: 'width', layouts: titled, ...wholeNumber(130, 375) },
  size: { parameter: 'size', layouts: logo, ...wholeNumber(30, 64) },
  color: { parameter: 'color', layouts: every, ...oneOf('black', 'white') },
  border: {
    parameter: 'border',
    layouts: every,
    rule: 'true or false',
    accepts: (value) => typeof value === 'boolean',
  },
  borderRadius: { parameter: 'border_radius', layouts: every, ...wholeNumber(0, 50) },
  scale: { parameter: 'scale', layouts: every, ...wholeNumber(1, 6) },
  type: { parameter: 'type', layouts: titled, ...oneOf('sign-in', 'continue') },
  locale: { parameter: 'locale', layouts: titled, ...oneOf(...Object.keys(buttonTitles)) },
  labelPosition: { parameter: 'label-position', layouts: left, ...wholeNumber(0, 182) },
  logoPosition: { parameter: 'logo-position', layouts: left, ...wholeNumber(0, 182) },
  logoSize: { parameter: 'logo-size', layouts: left, ...oneOf('small', 'medium', 'large') },
  altLocale: { layouts: logo, ...oneOf(...Object.keys(buttonTitles)) },
  href: {
    layouts: every,
    rule: 'a path on this site, such as /auth/apple/login, or an https URL',
    accepts: (value) => readHref(value) !== undefined,
  },
  imageBaseUrl: {
    layouts: every,
    rule: 'an https URL without query, fragment and user name; http is for a simulator on this machine (localhost, 127.0.0.1)',
    accepts: (value) => readImageBaseUrl(value) !== undefined,
  },
}

function wholeNumber(least: number, most: number): Pick<ButtonOption, 'rule' | 'accepts'> {
  return {
    rule: `a whole number from ${String(least)} to ${String(most)}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  }
}

function oneOf(...values: string[]): Pick<ButtonOption, 'rule' | 'accepts'> {
  const last = values.at(-1) ?? ''
  return {
    rule: `${values.slice(0, -1).join(', ')} or ${last}`,
    accepts: (value) => typeof value === 'string' && values.includes(value),
  }
}
