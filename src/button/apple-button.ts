import escapeHtml from 'escape-html'
import type { AppleButtonLayout, AppleButtonOptions } from './button-options.js'
import { optionRules } from './option-rules.js'
import { buttonTitles, htmlLanguage } from './button-titles.js'
import { buttonWarnings } from './button-warnings.js'
import { parseButtonOptions } from './parse-button-options.js'
import { appleImageBaseUrl, readImageBaseUrl } from './image-base-url.js'

/** A button for a page. */
export interface AppleButton {
  /** The image, drawn by Apple for these options. */
  readonly imageUrl: string
  /** A link that is the image, with its title as text for screen readers; everything in it is escaped. */
  readonly html: string
  /** The room that Apple's guidelines want around the button: a tenth of its height, in points. */
  readonly margin: number
  /** Where the button differs from Apple's guidelines, a sentence each; empty where it does not. */
  readonly warnings: readonly string[]
  /** Helmet's own default for images, and the image's server: what helmet's `directives` take. */
  readonly contentSecurityPolicy: { readonly 'img-src': readonly string[] }
}

const paths: Readonly<Record<AppleButtonLayout, string>> = {
  center: '/appleid/button',
  left: '/appleid/button/left',
  logo: '/appleid/button/logo',
}

/**
 * Makes a Sign in with Apple button from Apple's own image. Without options: Apple's defaults, and a link to
 * `/auth/apple/login`.
 *
 * @throws AppleArgumentError that lists every option which Apple's endpoint would refuse or which does not exist
 */
export function appleButton(options: AppleButtonOptions = {}): AppleButton {
  return createButton(parseButtonOptions(options))
}

function createButton(options: AppleButtonOptions): AppleButton {
  const { height } = dimensions(options)
  const imageUrl = imageUrlOf(options)
  return Object.freeze({
    imageUrl,
    html: linkOf(options),
    margin: height / 10,
    warnings: Object.freeze(buttonWarnings(options)),
    contentSecurityPolicy: Object.freeze({
      'img-src': Object.freeze(["'self'", 'data:', new URL(imageUrl).origin]),
    }),
  })
}

function imageUrlOf(options: AppleButtonOptions): string {
  const values: Readonly<Record<string, string | number | boolean | undefined>> = { ...options }
  const query = new URLSearchParams()
  for (const [name, { parameter }] of Object.entries(optionRules)) {
    if (parameter !== undefined && values[name] !== undefined) query.set(parameter, String(values[name]))
  }
  const base = readImageBaseUrl(options.imageBaseUrl) ?? appleImageBaseUrl
  const url = `${base}${paths[options.layout ?? 'center']}`
  return query.size === 0 ? url : `${url}?${query.toString()}`
}

function linkOf(options: AppleButtonOptions): string {
  const { width, height } = dimensions(options)
  const { title, language } = titleOf(options)
  const attributes = {
    alt: title,
    lang: language,
    width: String(width),
    height: String(height),
    src: imageUrlOf(options),
    ...(options.scale === undefined && {
      srcset: [2, 3].map((scale) => `${imageUrlOf({ ...options, scale })} ${String(scale)}x`).join(', '),
    }),
  }
  const written = Object.entries(attributes).map(([name, value]) => `${name}="${escapeHtml(value)}"`)
  const href = escapeHtml(options.href ?? '/auth/apple/login')
  return `<a class="apple-button" href="${href}"><img ${written.join(' ')}></a>`
}

/** In points; what is not given is Apple's default. */
function dimensions(options: AppleButtonOptions): { width: number; height: number } {
  if (options.layout === 'logo') return { width: options.size ?? 30, height: options.size ?? 30 }
  return { width: options.width ?? 140, height: options.height ?? 30 }
}

function titleOf(options: AppleButtonOptions): { title: string; language: string } {
  const isLogo = options.layout === 'logo'
  const locale = (isLogo ? options.altLocale : options.locale) ?? 'en_US'
  const type = isLogo ? 'sign-in' : (options.type ?? 'sign-in')
  return { title: buttonTitles[locale][type], language: htmlLanguage(locale) }
}
