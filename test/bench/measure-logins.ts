import type { LoopbackApple } from '../support/loopback-apple.js'
import { processorName } from './cores.js'
import { type Spread, spread } from './figures.js'
import { type SignedIn, undisturbed } from './load.js'
import { checkSignedIn, logIn } from './log-in.js'
import { ServerProcess } from './server-process.js'
import { startApple } from './sign-in.js'

/** How long to measure. */
export interface LoginEffort {
  readonly rounds: number
  readonly loginsPerRound: number
  readonly warmUpLogins: number
}

/** What one run measured, and on what. */
export interface LoginFigures extends LoginEffort {
  /** The day alone, as YYYY-MM-DD. */
  readonly measuredAt: string
  readonly node: string
  readonly processor: string
  readonly variants: readonly LoginVariantFigures[]
  /** CPU time of this package as a multiple of express-openid-connect's in the same round. */
  readonly oursToPeer: Spread
}

/** What a login cost with one variant. */
export interface LoginVariantFigures {
  readonly name: string
  readonly store: string
  /** CPU time of the server for a login, from the login route to the callback, over the rounds. */
  readonly cpuMicroseconds: Spread
  /** CPU time as a multiple of the floor's in the same round. */
  readonly ratio: Spread
  /** Requests to Apple for a login, after the warm-up; the most of all rounds. */
  readonly callsPerLogin: Calls
  /** Different client secrets that the token endpoint saw from one process. */
  readonly clientSecrets: number
}

interface Calls {
  readonly token: number
  readonly keys: number
  readonly others: number
}

/** One turn of a variant. */
interface Turn {
  /** Microseconds per login. */
  readonly cpu: number
  readonly calls: Calls
  readonly clientSecrets: number
}

const floor = 'by hand, with jose'
const ours = 'express-apple-auth'
const peer = 'express-openid-connect'
const variants = [
  { name: floor, program: 'servers/hand-written-login', store: 'memory', loginPath: '/login' },
  { name: ours, program: 'servers/express-apple-auth', store: 'memory', loginPath: '/auth/apple/login' },
  { name: peer, program: 'peers/express-openid-connect', store: 'cookie', loginPath: '/login' },
] as const
type LoginVariant = (typeof variants)[number]
/** Of so many browsers, one is looked at again once it is signed in. */
const sampleEvery = 50

/**
 * Measures complete logins, round by round with all variants in turn; each turn has a process of its own, as in
 * `measureGuarded`.
 *
 * @throws NotMeasured when an answer is not the right one, or when the machine stays busy
 */
export async function measureLogins(effort: LoginEffort): Promise<LoginFigures> {
  const apple = await startApple()
  const measured = variants.map((variant) => ({ variant, turns: [] as Turn[] }))
  try {
    for (let round = 0; round < effort.rounds; round++) {
      for (const { variant, turns } of round % 2 === 0 ? measured : measured.toReversed()) {
        turns.push(await measureTurn(apple, variant, effort))
      }
      process.stderr.write(`round ${String(round + 1)} of ${String(effort.rounds)}\n`)
    }
    return figuresOf(measured, effort)
  } finally {
    await apple.stop()
  }
}

async function measureTurn(
  apple: LoopbackApple,
  variant: LoginVariant,
  { warmUpLogins, loginsPerRound }: LoginEffort,
): Promise<Turn> {
  const { program, store } = variant
  const server = await ServerProcess.start(program, { store, tokens: 'full', apple: apple.url })
  const site = { ...variant, origin: server.origin }
  let next = 0
  const logInMany = (count: number): Promise<readonly SignedIn[]> =>
    logIn(
      apple,
      site,
      Array.from({ length: count }, () => next++),
    )
  try {
    apple.requests.length = 0
    await logInMany(warmUpLogins)
    const secrets = new Set(secretsIn(apple))
    let signedIn: readonly SignedIn[] = []
    const cpu = await undisturbed(server, variant.name, async () => {
      apple.requests.length = 0
      signedIn = await logInMany(loginsPerRound)
      for (const secret of secretsIn(apple)) secrets.add(secret)
    })
    const calls = callsPerLogin(apple, loginsPerRound)
    // Not while it is measured.
    for (const browser of signedIn.filter((_, index) => index % sampleEvery === 0)) await checkSignedIn(site, browser)
    return { cpu: cpu / loginsPerRound, calls, clientSecrets: secrets.size }
  } finally {
    await server.stop()
  }
}

const isTokenCall = ({ path }: { path: string }): boolean => path.endsWith('/token')
const isKeysCall = ({ path }: { path: string }): boolean => path.endsWith('/keys')

function secretsIn({ requests }: LoopbackApple): string[] {
  return requests.filter(isTokenCall).map(({ form }) => form.get('client_secret') ?? '')
}

function callsPerLogin({ requests }: LoopbackApple, logins: number): Calls {
  const token = requests.filter(isTokenCall).length
  const keys = requests.filter(isKeysCall).length
  return { token: token / logins, keys: keys / logins, others: (requests.length - token - keys) / logins }
}

function figuresOf(
  measured: readonly { variant: LoginVariant; turns: readonly Turn[] }[],
  effort: LoginEffort,
): LoginFigures {
  const cpuOf = (name: string): readonly number[] =>
    (measured.find(({ variant }) => variant.name === name)?.turns ?? []).map(({ cpu }) => cpu)
  return {
    measuredAt: new Date().toISOString().slice(0, 10),
    node: process.version,
    processor: processorName(),
    ...effort,
    variants: measured.map(({ variant: { name, store }, turns }) => ({
      name,
      store,
      cpuMicroseconds: spread(cpuOf(name)),
      ratio: spread(ratios(cpuOf(name), cpuOf(floor))),
      callsPerLogin: {
        token: mostOf(turns, ({ calls }) => calls.token),
        keys: mostOf(turns, ({ calls }) => calls.keys),
        others: mostOf(turns, ({ calls }) => calls.others),
      },
      clientSecrets: mostOf(turns, ({ clientSecrets }) => clientSecrets),
    })),
    oursToPeer: spread(ratios(cpuOf(ours), cpuOf(peer))),
  }
}

function ratios(one: readonly number[], other: readonly number[]): number[] {
  return one.map((value, round) => value / (other[round] ?? NaN))
}

function mostOf(turns: readonly Turn[], value: (turn: Turn) => number): number {
  return Math.max(...turns.map(value))
}
