import type { AppleButtonLocale } from './button-titles.js'

/** Logo and title in the middle; logo and title on the left; the logo alone. */
export type AppleButtonLayout = 'center' | 'left' | 'logo'

/** Which of Apple's titles the button has: "Sign in with Apple" or "Continue with Apple". */
export type AppleButtonType = 'sign-in' | 'continue'

/** What every button takes. Lengths are in points, which are CSS pixels. */
interface AnyButtonOptions {
  /** Where the link leads: a path on this site, or an https URL. Default: `/auth/apple/login`. */
  href?: string | undefined
  /** The server that draws the image; http only on loopback, for the simulator. Default: `https://appleid.cdn-apple.com`. */
  imageBaseUrl?: string | undefined
  /** The background; logo and title have the other colour. Apple's default: black. */
  color?: 'black' | 'white' | undefined
  /** Whether there is a line around it. Apple's default: false. */
  border?: boolean | undefined
  /** How round the corners are, 0 to 50. Apple's default: 15. */
  borderRadius?: number | undefined
  /** Image pixels per point, 1 to 6. Default: `imageUrl` has 1, and `html` offers 2 and 3 to finer screens. */
  scale?: number | undefined
}

/** What buttons with a title take. */
interface TitledButtonOptions extends AnyButtonOptions {
  /** 30 to 64. Apple's default: 30. */
  height?: number | undefined
  /** 130 to 375. Apple's default: 140. */
  width?: number | undefined
  /** The title. Apple's default: `sign-in`. */
  type?: AppleButtonType | undefined
  /** The title's language. Default: not sent, and the text for screen readers is English. */
  locale?: AppleButtonLocale | undefined
}

/** A button with logo and title in its middle. */
export interface AppleCenterButtonOptions extends TitledButtonOptions {
  layout?: 'center' | undefined
}

/** A button with logo and title on its left. Apple moves both where its margins need it. */
export interface AppleLeftButtonOptions extends TitledButtonOptions {
  layout: 'left'
  /** Where the title begins, 0 to 182 and at most half the width. Apple's default: 0. */
  labelPosition?: number | undefined
  /** Where the logo begins, 0 to 182 and at most half the width. Apple's default: 0. */
  logoPosition?: number | undefined
  /** Default: left to Apple, who does not say. */
  logoSize?: 'small' | 'medium' | 'large' | undefined
}

/** A square with the logo alone. */
export interface AppleLogoButtonOptions extends AnyButtonOptions {
  layout: 'logo'
  /** Width and height, 30 to 64. Apple's default: 30. */
  size?: number | undefined
  /** The language of the text for screen readers; the image has no words. Default: `en_US`. */
  altLocale?: AppleButtonLocale | undefined
}

/** What `appleButton()` takes; `layout` decides which options there are. Default: `center`. */
export type AppleButtonOptions = AppleCenterButtonOptions | AppleLeftButtonOptions | AppleLogoButtonOptions
