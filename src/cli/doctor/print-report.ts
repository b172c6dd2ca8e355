import type { CommandIo } from '../command-io.js'
import { asDate, inWords } from '../lifetime.js'
import { createPaint, type TextStyle } from '../paint.js'
import { wrap } from '../wrap.js'
import { type Check, checkIds, type CheckStatus } from './check.js'
import type { ClientSecretParts } from './client-secret-parts.js'
import type { Findings } from './examine.js'

const styles: Readonly<Record<CheckStatus, TextStyle>> = {
  ok: 'green',
  warning: 'yellow',
  problem: ['red', 'bold'],
  skipped: 'gray',
}
const statusWidth = 9
const idWidth = Math.max(...checkIds.map((id) => id.length)) + 2

/** Prints the findings for people: a list of checks, the client secret, and what it comes to. */
export function printReport(title: string, { checks, clientSecret }: Findings, { stdout, env }: CommandIo): void {
  const paint = createPaint(stdout, env)
  const left = ' '.repeat(statusWidth + idWidth)
  const lines = [paint('bold', title), '']
  for (const { id, status, message, advice } of checks) {
    const head = `${paint(styles[status], status)}${' '.repeat(statusWidth - status.length)}${id.padEnd(idWidth)}`
    lines.push(`${head}${wrap(plain(message), left.length, stdout).join(`\n${left}`)}`)
    advice.forEach((each, index) => {
      const mark = advice.length === 1 ? '-' : `${String(index + 1)}.`
      const indent = `${left}${' '.repeat(mark.length + 1)}`
      lines.push(`${left}${mark} ${wrap(plain(each), indent.length, stdout).join(`\n${indent}`)}`)
    })
  }
  if (clientSecret !== undefined) lines.push('', ...secretLines(clientSecret))
  lines.push('', paint(hasProblems(checks) ? ['red', 'bold'] : ['green', 'bold'], summary(checks)))
  stdout.write(`${lines.join('\n')}\n`)
}

/** Prints the findings as one JSON object. */
export function printJson(about: object, { checks, clientSecret }: Findings, { stdout }: CommandIo): void {
  const counts = { problems: count(checks, 'problem'), warnings: count(checks, 'warning') }
  const report = { ok: !hasProblems(checks), ...counts, ...about, checks, clientSecret: clientSecret ?? null }
  const text = JSON.stringify(report, null, 2).replace(
    /[\x7f-\x9f]/g,
    (each) => `\\u00${each.charCodeAt(0).toString(16)}`,
  )
  stdout.write(`${text}\n`)
}

/** Without what a terminal would obey: some words are Apple's, or another server's. */
function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}

/** Whether anything has to be mended. */
export function hasProblems(checks: readonly Check[]): boolean {
  return count(checks, 'problem') > 0
}

function count(checks: readonly Check[], status: CheckStatus): number {
  return checks.filter((check) => check.status === status).length
}

function secretLines({ header, claims, expiresAt, isReadyMade }: ClientSecretParts): string[] {
  return [
    `The client secret, without its signature (${isReadyMade ? 'ready-made' : 'as the app would make it now'}):`,
    `  header  ${JSON.stringify(header)}`,
    `  claims  ${JSON.stringify(claims)}`,
    `  life    ${lifeOf(claims.iat, expiresAt, isReadyMade)}`,
  ]
}

function lifeOf(issuedAt: unknown, expiresAt: number | undefined, isReadyMade: boolean): string {
  if (expiresAt === undefined) return 'without an end, which Apple refuses'
  const whole = typeof issuedAt === 'number' && issuedAt < expiresAt ? `${inWords(expiresAt - issuedAt)}, ` : ''
  const until = `${whole}until ${asDate(expiresAt)}`
  if (!isReadyMade) return `${until}; the app makes a new one in time`
  const rest = expiresAt - Date.now() / 1000
  return `${until}, which ${rest > 0 ? `is in ${inWords(rest)}` : `was ${inWords(rest)} ago`}`
}

function summary(checks: readonly Check[]): string {
  const problems = count(checks, 'problem')
  const warnings = count(checks, 'warning')
  const rest = warnings === 0 ? '' : `, ${some(warnings, 'warning')}`
  if (problems === 0) return `No problem found${rest}.`
  return `${some(problems, 'problem')}${rest}. Mend ${problems === 1 ? 'it' : 'them'}, then run this again.`
}

function some(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? '' : 's'}`
}
