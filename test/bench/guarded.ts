import type { LoopbackApple } from '../support/loopback-apple.js'
import { spread, type Spread, type VariantFigures } from './figures.js'
import { cpuPerRequest, type SignedIn } from './load.js'
import { ServerProcess } from './server-process.js'
import { subOf } from './servers/person.js'
import { signInAtApple, signInBySeed, signInNatively, startApple } from './sign-in.js'
import type { Variant } from './variants.js'

/** Browsers that take turns, so that a cache of one login gains nothing. */
const browsersPerVariant = 50

/** How long to measure. */
export interface Effort {
  readonly rounds: number
  readonly requestsPerRound: number
  readonly warmUpRequests: number
}

interface Measured {
  readonly variant: Variant
  /** Microseconds per request in each round. */
  readonly cpu: number[]
}

/**
 * Measures what a guarded request costs, round by round with all variants in turn; those over Redis where there is one.
 *
 * Each turn has a process of its own, and no other lives meanwhile: one that waits for its turn grows cold, and two
 * processes of the same program differ by how V8 happens to compile it.
 *
 * @throws NotMeasured when an answer is not the right one, or when the machine stays busy
 */
export async function measureGuarded(
  variants: readonly Variant[],
  redisUrl: string | undefined,
  effort: Effort,
): Promise<readonly VariantFigures[]> {
  const apple = await startApple()
  const measured = variants
    .filter(({ store }) => store !== 'Redis' || redisUrl !== undefined)
    .map((variant): Measured => ({ variant, cpu: [] }))
  try {
    for (let round = 0; round < effort.rounds; round++) {
      // Whoever comes early in one round comes late in the next.
      for (const { variant, cpu } of round % 2 === 0 ? measured : measured.toReversed()) {
        const store = variant.store === 'Redis' ? (redisUrl ?? '') : variant.store
        cpu.push(await measureTurn(apple, variant, store, effort))
      }
      process.stderr.write(`round ${String(round + 1)} of ${String(effort.rounds)}\n`)
    }
    return measured.map((one) => figuresOf(one, measured))
  } finally {
    await apple.stop()
  }
}

async function measureTurn(
  apple: LoopbackApple,
  variant: Variant,
  store: string,
  { requestsPerRound, warmUpRequests }: Effort,
): Promise<number> {
  const server = await ServerProcess.start(variant.program, { store, tokens: variant.tokens, apple: apple.url })
  try {
    const browsers: SignedIn[] = []
    for (let person = 0; person < browsersPerVariant; person++) {
      browsers.push(await signIn(apple, variant, server.origin, person))
    }
    apple.requests.length = 0
    await cpuPerRequest(server, browsers, warmUpRequests, variant.name)
    return await cpuPerRequest(server, browsers, requestsPerRound, variant.name)
  } finally {
    await server.stop()
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

function figuresOf({ variant, cpu }: Measured, all: readonly Measured[]): VariantFigures {
  const { name, title, store, holds, group, reference } = variant
  const other = all.find((each) => each.variant.name === reference)
  const ratio = other && ratioOf(cpu, other.cpu)
  const cpuMicroseconds = spread(cpu)
  return { name, title, store, holds, group, cpuMicroseconds, perRound: cpu, ratio, reference: other?.variant.name }
}

/** How many times the other's cost, round by round. */
export function ratioOf(one: readonly number[], other: readonly number[]): Spread {
  return spread(one.map((value, round) => value / (other[round] ?? NaN)))
}
