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
  /** Requests to Apple for a login, after the warm-up. */
  readonly callsPerLogin: Calls
  /** Different client secrets that the token endpoint saw in the whole run. */
  readonly clientSecrets: number
}

interface Calls {
  readonly token: number
  readonly keys: number
  readonly others: number
}

interface Running {
  readonly variant: (typeof variants)[number]
  readonly server: ServerProcess
  readonly cpu: number[]
  readonly clientSecrets: Set<string>
  calls: Calls
  /** Logins that `calls` were made for. */
  logins: number
}

const floor = 'by hand, with jose'
const ours = 'express-apple-auth'
const peer = 'express-openid-connect'
const variants = [
  { name: floor, program: 'servers/hand-written-login', store: 'memory', loginPath: '/login' },
  { name: ours, program: 'servers/express-apple-auth', store: 'memory', loginPath: '/auth/apple/login' },
  { name: peer, program: 'peers/express-openid-connect', store: 'cookie', loginPath: '/login' },
] as const
const noCalls: Calls = { token: 0, keys: 0, others: 0 }
/** Of so many browsers, one is looked at again once it is signed in. */
const sampleEvery = 50

/**
 * Measures complete logins, round by round with all variants in turn.
 *
 * @throws NotMeasured when an answer is not the right one, or when the machine stays busy
 */
export async function measureLogins(effort: LoginEffort): Promise<LoginFigures> {
  const apple = await startApple()
  const running: Running[] = []
  try {
    for (const variant of variants) {
      const server = await ServerProcess.start(variant.program, {
        store: variant.store,
        tokens: 'full',
        apple: apple.url,
      })
      const one: Running = { variant, server, cpu: [], clientSecrets: new Set(), calls: noCalls, logins: 0 }
      running.push(one)
      await logInMany(apple, one, effort.warmUpLogins)
      one.calls = noCalls
      one.logins = 0
    }
    for (let round = 0; round < effort.rounds; round++) {
      const order = round % 2 === 0 ? running : [...running].reverse()
      for (const one of order) await measureRound(apple, one, effort.loginsPerRound)
      process.stderr.write(`round ${String(round + 1)} of ${String(effort.rounds)}\n`)
    }
    return figuresOf(running, effort)
  } finally {
    for (const { server } of running) await server.stop()
    await apple.stop()
  }
}

async function measureRound(apple: LoopbackApple, one: Running, count: number): Promise<void> {
  const { variant, server } = one
  let signedIn: readonly SignedIn[] = []
  const cpu = await undisturbed(server, variant.name, async () => {
    signedIn = await logInMany(apple, one, count)
  })
  one.cpu.push(cpu / count)
  // Not while it is measured.
  const sample = signedIn.filter((_, index) => index % sampleEvery === 0)
  for (const browser of sample) await checkSignedIn({ ...variant, origin: server.origin }, browser)
}

/** Counts what Apple is asked meanwhile. */
async function logInMany(apple: LoopbackApple, one: Running, count: number): Promise<readonly SignedIn[]> {
  const persons = Array.from({ length: count }, (_, index) => one.logins + index)
  apple.requests.length = 0
  const signedIn = await logIn(apple, { ...one.variant, origin: one.server.origin }, persons)
  one.logins += count
  for (const { path, form } of apple.requests) {
    const kind = path.endsWith('/token') ? 'token' : path.endsWith('/keys') ? 'keys' : 'others'
    one.calls = { ...one.calls, [kind]: one.calls[kind] + 1 }
    if (kind === 'token') one.clientSecrets.add(form.get('client_secret') ?? '')
  }
  return signedIn
}

function figuresOf(running: readonly Running[], effort: LoginEffort): LoginFigures {
  const cpuOf = (name: string): readonly number[] => running.find(({ variant }) => variant.name === name)?.cpu ?? []
  const ratio = (cpu: readonly number[], to: string): Spread =>
    spread(cpu.map((value, round) => value / (cpuOf(to)[round] ?? NaN)))
  return {
    measuredAt: new Date().toISOString().slice(0, 10),
    node: process.version,
    processor: processorName(),
    ...effort,
    variants: running.map(({ variant: { name, store }, cpu, calls, logins, clientSecrets }) => ({
      name,
      store,
      cpuMicroseconds: spread(cpu),
      ratio: ratio(cpu, floor),
      callsPerLogin: { token: calls.token / logins, keys: calls.keys / logins, others: calls.others / logins },
      clientSecrets: clientSecrets.size,
    })),
    oursToPeer: ratio(cpuOf(ours), peer),
  }
}
