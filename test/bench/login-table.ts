import { microsecondsText, ratioText, spreadText } from './figures.js'
import type { LoginFigures, LoginVariantFigures } from './measure-logins.js'
import type { Goal } from './table.js'

/** What the package promises of a login. */
export function loginGoals({ variants, oursToPeer }: LoginFigures): Goal[] {
  const ours = variants.find(({ name }) => name === 'express-apple-auth')
  if (ours === undefined) return []
  const { ratio, callsPerLogin, clientSecrets } = ours
  return [
    { text: 'CPU time of a login to one by hand', actual: ratio.median, limit: 1, atMost: true },
    { text: 'CPU time of a login to express-openid-connect', actual: oursToPeer.median, limit: 0.65, atMost: true },
    { text: 'token calls per login', actual: callsPerLogin.token, limit: 1, atMost: true },
    { text: 'calls for keys per login', actual: callsPerLogin.keys, limit: 0, atMost: true },
    { text: 'client secrets of one process', actual: clientSecrets, limit: 1, atMost: true },
  ]
}

/** Writes the figures as aligned columns for a terminal, with what was measured below. */
export function printLoginTable(figures: LoginFigures): string {
  const rows = figures.variants.map(cellsOf)
  const widths = heads.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0)))
  // The first two columns are words, the others numbers.
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) =>
        column < 2 ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width),
      )
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [line(heads), rule, ...rows.map(line), '', ...notesOn(figures), ''].join('\n')
}

const heads = [
  'variant',
  'sessions',
  'CPU µs per login',
  'ratio to by hand',
  'token calls',
  'keys',
  'others',
  'secrets',
]

function cellsOf({ name, store, cpuMicroseconds, ratio, callsPerLogin, clientSecrets }: LoginVariantFigures): string[] {
  const { token, keys, others } = callsPerLogin
  return [
    name,
    store,
    spreadText(cpuMicroseconds, microsecondsText),
    ratioText(ratio),
    ...[token, keys, others, clientSecrets].map((count) => count.toLocaleString('en', { maximumFractionDigits: 4 })),
  ]
}

function notesOn({
  rounds,
  loginsPerRound,
  warmUpLogins,
  node,
  measuredAt,
  processor,
  oursToPeer,
}: LoginFigures): string[] {
  return [
    `CPU µs of the server per login (login route and callback), median; in brackets: least and most of ${String(rounds)} rounds.`,
    `${String(loginsPerRound)} logins per round, 4 at a time, after ${String(warmUpLogins)} to warm up; ` +
      `Node ${node.replace(/^v/, '')}, ${measuredAt}; ${processor}`,
    `express-apple-auth to express-openid-connect in the same round: ${ratioText(oursToPeer)}.`,
    'Calls to Apple are per login, after the warm-up; secrets are those that Apple saw from one process.',
    'All three send state, nonce and an S256 code challenge, and compare the nonce.',
    "express-openid-connect does not check the id_token's signature at all in the code flow: it spends nothing on that.",
    'It has no session store: it encrypts the tokens into the cookie. Its client secret is a fixed text.',
  ]
}
