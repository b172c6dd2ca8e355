import { cpus } from 'node:os'
import { allOf, type BusyLoad, expectStatus, sendBusyLoad } from './busy-load.js'
import { loadCore, serverCoreBusyMicroseconds } from './cores.js'
import { NotMeasured, type SignedIn } from './load.js'
import { createSend, pace, type Send } from './paced.js'
import type { ServerProcess } from './server-process.js'

/** How often a second `GET /guarded` is asked. */
export const guardedPerSecond = 200
/** Connections are opened meanwhile, in milliseconds from the start of each half. */
const settlingMs = 500
/** What other processes may take of either core meanwhile. */
const mostOthers = 0.1
/** Halves that others disturbed are measured again, so often. */
const attempts = 10

/** What one half of a round measured; `Latency` says what each is. */
export interface Sample {
  readonly p50: number
  readonly p99: number
  readonly sentLateP99: number
  readonly coreShare: number
}

/** What is measured, and by what. */
export interface LatencySetting {
  readonly server: ServerProcess
  readonly guarded: readonly SignedIn[]
  readonly load: BusyLoad
}

/** Measures one half, alone or busy, until no other process has disturbed it. @throws NotMeasured when the machine stays busy */
export async function measureUndisturbed(setting: LatencySetting, seconds: number, isBusy: boolean): Promise<Sample> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { sample, others } = await measureHalf(setting, seconds, isBusy)
    if (others < mostOthers) return sample
  }
  throw new NotMeasured('The machine is busy: other processes kept taking the cores that latency was measured on.')
}

/** Measures one half, and what other processes took of the core that they took more of. @throws NotMeasured */
export async function measureHalf(
  { server, guarded, load }: LatencySetting,
  seconds: number,
  isBusy: boolean,
): Promise<{ sample: Sample; others: number }> {
  const { send, close } = createSend()
  const took: number[] = []
  const late: number[] = []
  const startedAt = performance.now()
  const othersSince = await countOthers(server)
  try {
    const askGuarded = async (turn: number, lateMs: number): Promise<void> => {
      const isSettled = performance.now() - startedAt > settlingMs
      const milliseconds = await ask(server.origin, guarded[turn % guarded.length], send)
      if (!isSettled) return
      took.push(milliseconds)
      late.push(lateMs)
    }
    const paces = [pace(guardedPerSecond, seconds, askGuarded)]
    if (isBusy) paces.push(sendBusyLoad(load, send, seconds))
    await allOf(paces)
  } finally {
    close()
  }
  const { others, coreShare } = await othersSince()
  const sample = { p50: percentile(took, 0.5), p99: percentile(took, 0.99), sentLateP99: percentile(late, 0.99) }
  return { sample: { ...sample, coreShare }, others }
}

async function ask(origin: string, browser: SignedIn | undefined, send: Send): Promise<number> {
  const answer = await send(`${origin}/guarded`, { headers: { cookie: browser?.cookie ?? '' } })
  expectStatus(answer, '/guarded', 200)
  if (answer.body === JSON.stringify({ sub: browser?.sub })) return answer.milliseconds
  throw new NotMeasured(`/guarded answered something else than who is signed in: ${answer.body}`)
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.ceil(sorted.length * part) - 1] ?? NaN
}

/** Begins to count; what it gives tells the shares of the time since, of the core that others took more of, and of the server. */
async function countOthers(server: ServerProcess): Promise<() => Promise<{ others: number; coreShare: number }>> {
  const read = async (): Promise<{ at: number; server: number; othersOnServers: number; othersOnLoads: number }> => {
    const cpu = await server.cpuMicroseconds()
    const { user, system } = process.cpuUsage()
    return {
      at: performance.now() * 1000,
      server: cpu,
      othersOnServers: serverCoreBusyMicroseconds() - cpu,
      othersOnLoads: loadCoreBusyMicroseconds() - user - system,
    }
  }
  const before = await read()
  return async () => {
    const after = await read()
    const share = (key: keyof typeof before): number => (after[key] - before[key]) / (after.at - before.at)
    return { others: Math.max(share('othersOnServers'), share('othersOnLoads')), coreShare: share('server') }
  }
}

function loadCoreBusyMicroseconds(): number {
  const { user, nice, sys, irq } = cpus()[loadCore]?.times ?? { user: NaN, nice: NaN, sys: NaN, irq: NaN }
  return (user + nice + sys + irq) * 1000
}
