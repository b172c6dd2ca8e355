import { badNotifications, busyRates } from './busy-load.js'
import { type Spread, spread } from './figures.js'
import { guardedPerSecond, type LatencySetting, measureHalf, measureUndisturbed, type Sample } from './latency-half.js'
import type { SignedIn } from './load.js'
import { ServerProcess } from './server-process.js'
import { signInAtApple, startApple } from './sign-in.js'

/** How long to measure; a round is once alone and once busy. */
export interface LatencyEffort {
  readonly rounds: number
  readonly secondsPerRound: number
}

/** The two usual efforts. */
export const latencyEfforts = {
  full: { rounds: 5, secondsPerRound: 10 },
  quick: { rounds: 2, secondsPerRound: 2 },
} as const satisfies Record<string, LatencyEffort>

/** How long `GET /guarded` takes: alone, and while others sign in, renew their tokens and send bad notifications. */
export interface LatencyFigures extends LatencyEffort {
  /** How often a second each thing happens; all but `guarded` only in the busy half. */
  readonly perSecond: typeof busyRates & { readonly guarded: number }
  readonly alone: Latency
  readonly busy: Latency
  /** Busy over alone, in the same round. */
  readonly ratio: Pick<Latency, 'p50' | 'p99'>
}

/** Of each round one value, and how they lie. */
export interface Latency {
  /** In milliseconds, from writing the request to the end of the answer. */
  readonly p50: Spread
  readonly p99: Spread
  /** How late requests left, 99th percentile in milliseconds: answers are read as late, which is no fault of the server's. */
  readonly sentLateP99: Spread
  /** How much of its core the server took, from 0 to 1. */
  readonly coreShare: Spread
}

const browsers = 100

/**
 * Measures the package's server with sessions in memory and all tokens in them; the calling process is the load.
 *
 * Requests are paced by `pace` rather than autocannon, which sends a second's worth at once and then corrects for it.
 *
 * @throws NotMeasured when an answer is not the right one, or when the machine stays busy
 */
export async function measureLatency({ rounds, secondsPerRound }: LatencyEffort): Promise<LatencyFigures> {
  const apple = await startApple()
  let server: ServerProcess | undefined
  try {
    server = await ServerProcess.start('servers/busy-app', { store: 'memory', tokens: 'full', apple: apple.url })
    const { origin } = server
    const signIn = async (): Promise<SignedIn[]> => {
      const signedIn: SignedIn[] = []
      for (let person = 0; person < browsers; person++) {
        signedIn.push(await signInAtApple(apple, origin, '/auth/apple/login', person))
      }
      return signedIn
    }
    const guarded = await signIn()
    // From now on every token has as good as ended when it comes.
    apple.tokenAnswer = { expires_in: 1 }
    const load = { apple, origin, ended: await signIn(), badNotifications: badNotifications(apple, 100) }
    const setting: LatencySetting = { server, guarded, load }
    await measureHalf(setting, secondsPerRound, true)
    const alone: Sample[] = []
    const busy: Sample[] = []
    for (let round = 0; round < rounds; round++) {
      alone.push(await measureUndisturbed(setting, secondsPerRound, false))
      busy.push(await measureUndisturbed(setting, secondsPerRound, true))
    }
    const perSecond = { ...busyRates, guarded: guardedPerSecond }
    const ratioOf = (key: 'p50' | 'p99'): Spread =>
      spread(busy.map((sample, i) => sample[key] / (alone[i]?.[key] ?? NaN)))
    const ratio = { p50: ratioOf('p50'), p99: ratioOf('p99') }
    return { rounds, secondsPerRound, perSecond, alone: latencyOf(alone), busy: latencyOf(busy), ratio }
  } finally {
    await server?.stop()
    await apple.stop()
  }
}

/** Writes the figures for a terminal. */
export function latencyLines({ rounds, secondsPerRound, perSecond, alone, busy, ratio }: LatencyFigures): string {
  const text = ({ median, min, max }: Spread, digits = 2): string =>
    `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell) => cell.padEnd(20))
      .join('')
      .trimEnd()
  const rowOf = (name: string, { p50, p99, sentLateP99, coreShare }: Latency): string =>
    row([name, text(p50), text(p99), text(sentLateP99), text(coreShare)])
  const { guarded, logins, refreshes, badNotifications: bad } = perSecond
  return [
    row(['GET /guarded', 'p50, ms', 'p99, ms', 'sent late p99, ms', 'share of core']),
    rowOf('alone', alone),
    rowOf('busy', busy),
    row(['busy / alone', text(ratio.p50), text(ratio.p99)]),
    '',
    `${String(guarded)} guarded requests per second; busy: with ${String(logins)} logins, ${String(refreshes)} refreshes ` +
      `and ${String(bad)} bad notifications per second`,
    `Median, in brackets least and most of ${String(rounds)} rounds of ${String(secondsPerRound)} s each`,
    '',
  ].join('\n')
}

function latencyOf(samples: readonly Sample[]): Latency {
  const spreadOf = (key: keyof Latency): Spread => spread(samples.map((sample) => sample[key]))
  return {
    p50: spreadOf('p50'),
    p99: spreadOf('p99'),
    sentLateP99: spreadOf('sentLateP99'),
    coreShare: spreadOf('coreShare'),
  }
}
