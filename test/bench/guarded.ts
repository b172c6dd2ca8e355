import type { LoopbackApple } from '../support/loopback-apple.js'
import { spread, type Spread, type VariantFigures } from './figures.js'
import { cpuPerRequest, type SignedIn } from './load.js'
import { ServerProcess } from './server-process.js'
import { subOf } from './servers/person.js'
import { signInAtApple, signInBySeed, signInNatively, startApple } from './sign-in.js'
import type { Variant } from './variants.js'

/** Browsers that take turns, so that a cache of one login gains nothing. */
const browsersPerVariant = 100

/** In each round the variants take turns so often, so that a machine that slows down slows all of them down. */
const turnsPerRound = 5

/** Requests before each turn that are not counted. */
const requestsBetween = 500

/** How long to measure. */
export interface Effort {
  readonly rounds: number
  readonly requestsPerRound: number
  readonly warmUpRequests: number
}

interface Running {
  readonly variant: Variant
  readonly server: ServerProcess
  readonly browsers: readonly SignedIn[]
  /** Microseconds per request in each round. */
  readonly cpu: number[]
}

/**
 * Measures what a guarded request costs, round by round with all variants in turn; those over Redis where there is one.
 *
 * @throws NotMeasured when an answer is not the right one, or when the machine stays busy
 */
export async function measureGuarded(
  variants: readonly Variant[],
  redisUrl: string | undefined,
  { rounds, requestsPerRound, warmUpRequests }: Effort,
): Promise<readonly VariantFigures[]> {
  const apple = await startApple()
  const running: Running[] = []
  try {
    for (const variant of variants) {
      if (variant.store === 'Redis' && redisUrl === undefined) continue
      const store = variant.store === 'Redis' ? (redisUrl ?? '') : variant.store
      const server = await ServerProcess.start(variant.program, { store, tokens: variant.tokens, apple: apple.url })
      const browsers: SignedIn[] = []
      running.push({ variant, server, browsers, cpu: [] })
      for (let person = 0; person < browsersPerVariant; person++) {
        browsers.push(await signIn(apple, variant, server.origin, person))
      }
      apple.requests.length = 0
      process.stderr.write(`${variant.name} is ready\n`)
    }
    for (const { server, variant, browsers } of running) {
      await cpuPerRequest(server, browsers, warmUpRequests, variant.name)
    }
    for (let round = 0; round < rounds; round++) {
      const slices = running.map((): number[] => [])
      for (let turn = 0; turn < turnsPerRound; turn++) {
        // Whoever comes early in one turn comes late in the next.
        const order = [...running.entries()]
        for (const [index, { server, variant, browsers }] of turn % 2 === 0 ? order : order.toReversed()) {
          // While the others had their turns, caches have forgotten this one.
          await cpuPerRequest(server, browsers, requestsBetween, variant.name)
          const cpu = await cpuPerRequest(server, browsers, requestsPerRound / turnsPerRound, variant.name)
          slices[index]?.push(cpu)
        }
      }
      for (const [index, { cpu }] of running.entries()) cpu.push(mean(slices[index] ?? []))
      process.stderr.write(`round ${String(round + 1)} of ${String(rounds)}\n`)
    }
    return running.map((one) => figuresOf(one, running))
  } finally {
    for (const { server } of running) await server.stop()
    await apple.stop()
  }
}

async function signIn(apple: LoopbackApple, variant: Variant, origin: string, person: number): Promise<SignedIn> {
  const { signIn: way, readsNothing } = variant
  const fixed = { sub: subOf(0) }
  if (way === 'none') return { cookie: '', ...fixed }
  const browser =
    way === 'seed'
      ? await signInBySeed(origin, person)
      : way === 'native'
        ? await signInNatively(apple, origin, person)
        : await signInAtApple(apple, origin, way, person)
  return readsNothing === true ? { ...browser, ...fixed } : browser
}

function figuresOf({ variant, cpu }: Running, all: readonly Running[]): VariantFigures {
  const { name, title, store, holds, group, reference } = variant
  const other = all.find((each) => each.variant.name === reference)
  const ratio = other && ratioOf(cpu, other.cpu)
  const cpuMicroseconds = spread(cpu)
  return { name, title, store, holds, group, cpuMicroseconds, perRound: cpu, ratio, reference: other?.variant.name }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** How many times the other's cost, round by round. */
export function ratioOf(one: readonly number[], other: readonly number[]): Spread {
  return spread(one.map((value, round) => value / (other[round] ?? NaN)))
}
