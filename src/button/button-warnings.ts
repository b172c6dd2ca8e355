// https://developer.apple.com/design/human-interface-guidelines/sign-in-with-apple
import type { AppleButtonOptions } from './button-options.js'

/** What Apple's endpoint draws although Apple's Human Interface Guidelines advise against it; a sentence each. */
export function buttonWarnings(options: AppleButtonOptions): string[] {
  const warnings: string[] = []
  const width = options.layout === 'logo' ? undefined : options.width
  if (width !== undefined && width < 140) {
    warnings.push(`width is ${String(width)}: Apple's guidelines want a button with a title to be 140 wide at least.`)
  }
  if (options.color === 'white' && options.border !== true) {
    const logo = options.layout === 'logo' ? ' What is left there is the bare logo, which must not be the button.' : ''
    warnings.push(
      `color is white and border is not true: Apple's guidelines want white without an outline on dark backgrounds only.${logo}`,
    )
  }
  return warnings
}
