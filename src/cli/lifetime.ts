import { UsageError } from './command-errors.js'

const units = { d: 86_400, h: 3600, m: 60, s: 1 } as const
const names = { d: 'day', h: 'hour', m: 'minute', s: 'second' } as const

/** The longest that is made, in seconds. Apple measures six months (15777000) on its own clock, so a day is left. */
const longestSeconds = 181 * units.d
/** The shortest that is of any use, in seconds. */
const shortestSeconds = units.m

/**
 * Reads a lifetime such as `180d`, `12h`, `30m` or a plain number of seconds, in seconds.
 *
 * @throws UsageError unless it lies between a minute and 181 days
 */
export function parseLifetime(text: string): number {
  const [, digits, unit] = /^(\d{1,9})([dhms]?)$/.exec(text.trim()) ?? []
  if (digits === undefined) {
    throw new UsageError('The option --lifetime takes a number with d, h, m or s, such as 180d, or plain seconds.')
  }
  const seconds = Number(digits) * units[(unit || 's') as keyof typeof units]
  if (seconds > longestSeconds) {
    throw new UsageError(
      'The option --lifetime takes 181d at most: Apple refuses a client secret that ends more than 15777000 seconds ' +
        '(about 182.6 days) from now by its own clock.',
    )
  }
  if (seconds < shortestSeconds) throw new UsageError('The option --lifetime takes 60 seconds at least.')
  return seconds
}

/** A time span in words, as exactly as people would say it: `180 days`, `1 hour 30 minutes`. */
export function inWords(seconds: number): string {
  let rest = Math.round(Math.abs(seconds))
  const counts = (['d', 'h', 'm', 's'] as const).map((unit) => {
    const count = Math.floor(rest / units[unit])
    rest -= count * units[unit]
    return { count, text: `${String(count)} ${names[unit]}${count === 1 ? '' : 's'}` }
  })
  const first = counts.findIndex(({ count }) => count > 0)
  if (first === -1) return '0 seconds'
  const said = counts.slice(first, first + 2).filter(({ count }) => count > 0)
  return said.map(({ text }) => text).join(' ')
}

/** A time in seconds since 1970 as people read it: `2026-11-26 20:00:22 UTC`. */
export function asDate(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime())
    ? 'no date'
    : date
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, ' UTC')
}
