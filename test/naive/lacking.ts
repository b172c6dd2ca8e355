/** The package's own choice among refusals: a status, an error's code or class, the Allow header. */
const ownRefusal = /^(4\d\d|< 500|"ERR_APPLE_\w+"|Apple\w+Error|"[A-Z, ]+")$/
/** Some other refusal. */
const otherRefusal = /^(4\d\d|"unknown"|undefined|\w*Error)$/

/**
 * Did a test fail merely because the naive copy lacks what the test looks at, and not because it let something through?
 *
 * It lacks a function, refuses in other words than the package's, or what would count never happened at all.
 */
export function isLacking(reason: string): boolean {
  if (/TypeError: .*(is not a function|is not iterable|Cannot read properties)/.test(reason)) return true
  const { wanted, got } = compared(reason)
  if (got.length > 0 && got.every((value) => value === '0')) return true
  return isRefused(wanted) && got.length > 0 && got.every((value) => otherRefusal.test(value))
}

/** Did a test fail merely because the naive copy broke down with a 500 where it had to refuse? */
export function isBreakdown(reason: string): boolean {
  const { wanted, got } = compared(reason)
  return isRefused(wanted) && got.includes('500') && got.every((value) => value === '500' || otherRefusal.test(value))
}

function isRefused(wanted: readonly string[]): boolean {
  return wanted.length > 0 && wanted.every((value) => ownRefusal.test(value))
}

/** The values that Jest compared, from its message: one of each, or the lines of a difference. */
function compared(reason: string): { wanted: string[]; got: string[] } {
  return {
    wanted: valuesIn(reason, /^(?:Expected(?: \w+)*: +|- {3,})(.*?),?$/gm),
    got: valuesIn(reason, /^(?:Received(?: \w+)*: +|\+ {3,})(.*?),?$/gm),
  }
}

function valuesIn(reason: string, pattern: RegExp): string[] {
  return [...reason.matchAll(pattern)].map(([, value = '']) => value)
}
