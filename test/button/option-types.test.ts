import { expect, it } from '@jest/globals'
import { appleButton, type AppleButtonOptions } from 'express-apple-auth'

/** Compiled, never run. */
export function takes(options: AppleButtonOptions): void {
  appleButton()
  appleButton({})
  appleButton(options)
  appleButton({ height: 44, width: 200, type: 'continue', locale: 'de_DE' })
  appleButton({ layout: 'center', color: 'white', border: true, borderRadius: 0, scale: 2 })
  appleButton({ layout: 'left', labelPosition: 0, logoPosition: 0, logoSize: 'small', locale: undefined })
  appleButton({ layout: 'logo', size: 44, altLocale: 'iw_IL', href: '/login', imageBaseUrl: 'http://localhost' })

  // @ts-expect-error a square has no width
  appleButton({ layout: 'logo', width: 200 })
  // @ts-expect-error nor a language, having no words
  appleButton({ layout: 'logo', locale: 'de_DE' })
  // @ts-expect-error nor words of two kinds
  appleButton({ layout: 'logo', type: 'continue' })
  // @ts-expect-error a button with a title is no square
  appleButton({ layout: 'center', size: 44 })
  // @ts-expect-error the same where the layout is left out
  appleButton({ size: 44 })
  // @ts-expect-error what is in the middle has no position
  appleButton({ labelPosition: 10 })
  // @ts-expect-error the same where the layout is named
  appleButton({ layout: 'center', logoSize: 'small' })
  // @ts-expect-error the title itself is the text for screen readers
  appleButton({ layout: 'left', altLocale: 'de_DE' })
  // @ts-expect-error not a layout
  appleButton({ layout: 'right' })
  // @ts-expect-error not a colour of Apple's
  appleButton({ color: 'red' })
  // @ts-expect-error not a title of this endpoint
  appleButton({ type: 'sign-up' })
  // @ts-expect-error a language has its country
  appleButton({ locale: 'de' })
  // @ts-expect-error numbers are numbers
  appleButton({ height: '44' })
  // @ts-expect-error and a border is there or not
  appleButton({ border: 'true' })
  // @ts-expect-error names are in camelCase
  appleButton({ border_radius: 4 })
  // @ts-expect-error what is made does not change
  appleButton().html = ''
  // @ts-expect-error nor what is in it
  appleButton().warnings.push('')
}

it('is checked by the compiler', () => {
  expect(takes).toBeInstanceOf(Function)
})
