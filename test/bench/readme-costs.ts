import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describeFigures, type Figures, microsecondsText, ratioText, spreadText } from './figures.js'
import type { LatencyFigures } from './latency.js'
import type { LoginFigures, LoginVariantFigures } from './measure-logins.js'
import type { StartUp } from './start-up.js'
import { markdownTable, markdownTwoColumns } from './table.js'

/** The part of README that says what the package costs: drawn from the kept figures alone, so that both say the same. */

/** All that a full run of `npm run bench` keeps. */
export type GuardedRun = Figures & { readonly startUp: StartUp; readonly latency: LatencyFigures }

const begin = '<!-- Written by npm run bench and npm run bench:login. -->\n'
const end = '<!-- End of what they write. -->\n'
const readme = resolve('README.md')
/** Where the kept figures lie, and the chart. */
export const figuresFolder = resolve('test/bench/figures')

/** Puts the kept figures into README, where both runs have kept theirs. */
export function renewReadme(): void {
  const [guarded, login] = ['guarded.json', 'login.json'].map((file) => resolve(figuresFolder, file))
  if (guarded === undefined || login === undefined || !existsSync(guarded) || !existsSync(login)) return
  const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))
  const costs = costsSection(read(guarded) as GuardedRun, read(login) as LoginFigures)
  writeFileSync(readme, withCosts(readFileSync(readme, 'utf8'), costs))
}

/** A README with that part in place of the one that it has. @throws Error where it has none */
export function withCosts(text: string, costs: string): string {
  const [before, after] = [text.indexOf(begin), text.indexOf(end)]
  if (before === -1 || after < before) throw new Error(`README.md has no part between ${begin} and ${end}`)
  return `${text.slice(0, before + begin.length)}\n${costs}\n${text.slice(after)}`
}

/** What stands in that part. */
export function costsSection(guarded: GuardedRun, login: LoginFigures): string {
  return [
    `![${describeFigures(guarded)}](test/bench/figures/guarded.svg)\n`,
    markdownTwoColumns('a login, the start and the wait', [
      ...loginRows(login),
      ...startUpRows(guarded.startUp),
      ...latencyRows(guarded.latency),
    ]),
    `<details>\n<summary>Every variant</summary>\n\n${markdownTable(guarded)}\n</details>\n`,
  ].join('\n')
}

function loginRows({ variants, oursToPeer }: LoginFigures): [string, string][] {
  const named = (wanted: string): LoginVariantFigures | undefined => variants.find(({ name }) => name === wanted)
  const [hand, ours, peer] = ['by hand, with jose', 'express-apple-auth', 'express-openid-connect'].map(named)
  if (hand === undefined || ours === undefined || peer === undefined) throw new Error('A login variant is missing.')
  const { token, keys } = ours.callsPerLogin
  return [
    ['CPU time of a login, both routes, in µs', spreadText(ours.cpuMicroseconds, microsecondsText)],
    ['… written by hand on `fetch` and jose', spreadText(hand.cpuMicroseconds, microsecondsText)],
    ['… with express-openid-connect, which checks no signature', spreadText(peer.cpuMicroseconds, microsecondsText)],
    ['… ratio to the one by hand, to express-openid-connect', `${ratioText(ours.ratio)}, ${ratioText(oursToPeer)}`],
    ['calls to Apple per login, once the keys are there: token endpoint, keys', `${String(token)}, ${String(keys)}`],
  ]
}

function startUpRows({ importMs, installedBytes, packageCount }: StartUp): [string, string][] {
  return [
    ['importing it, on top of express and express-session', `${spreadText(importMs, (value) => value.toFixed(0))} ms`],
    [
      'installed on top of them',
      `${(installedBytes / 1e6).toFixed(1)} MB; itself and ${String(packageCount)} packages`,
    ],
  ]
}

function latencyRows({ alone, busy, perSecond }: LatencyFigures): [string, string][] {
  const text = ({ p50, p99 }: LatencyFigures['alone']): string =>
    `${p50.median.toFixed(1)} ms, ${p99.median.toFixed(1)} ms`
  const { logins, refreshes, badNotifications } = perSecond
  return [
    [`${String(perSecond.guarded)} guarded requests a second: p50, p99`, text(alone)],
    [
      `… beside ${String(logins)} logins, ${String(refreshes)} refreshes and ${String(badNotifications)} bad notifications a second`,
      text(busy),
    ],
  ]
}
