import autocannon from 'autocannon'
import { serverCoreBusyMicroseconds } from './cores.js'
import type { ServerProcess } from './server-process.js'

/** A browser that is signed in, and the answer that it must get. */
export interface SignedIn {
  readonly cookie: string
  readonly sub: string
}

/** Requests under way at a time. */
const connections = 8
/** What other processes may take of the servers' core while one is measured. */
const mostOthers = 0.1
/** And this, in milliseconds: the system counts in tens of them. */
const leastOthersMs = 15
/** Measurements that others disturbed are made again, so often. */
const attempts = 10

/** A measurement that is none: a wrong answer, or a machine that does other things. */
export class NotMeasured extends Error {}

/**
 * CPU time per guarded request, in microseconds, over so many requests of all these browsers in turn.
 *
 * @throws NotMeasured when an answer is not the right one, or when the machine stays busy
 */
export async function cpuPerRequest(
  server: ServerProcess,
  browsers: readonly SignedIn[],
  requests: number,
  name: string,
): Promise<number> {
  const cpu = await undisturbed(server, name, () => sendRequests(server.origin, browsers, requests, name))
  return cpu / requests
}

/**
 * CPU time that the server takes while this runs, in microseconds; it runs again where others took the servers' core.
 *
 * @throws NotMeasured when the machine stays busy
 */
export async function undisturbed(server: ServerProcess, name: string, run: () => Promise<void>): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const startedAt = performance.now()
    const busyBefore = serverCoreBusyMicroseconds()
    const cpuBefore = await server.cpuMicroseconds()
    await run()
    const cpu = (await server.cpuMicroseconds()) - cpuBefore
    const others = serverCoreBusyMicroseconds() - busyBefore - cpu
    if (others / 1000 < leastOthersMs + mostOthers * (performance.now() - startedAt)) return cpu
  }
  throw new NotMeasured(`The machine is busy: other processes kept taking the core that ${name} was measured on.`)
}

async function sendRequests(
  origin: string,
  browsers: readonly SignedIn[],
  amount: number,
  name: string,
): Promise<void> {
  let wrong: string | undefined
  const result = await autocannon({
    url: `${origin}/guarded`,
    connections,
    amount,
    // It looks so often, in milliseconds, whether all are answered.
    sampleInt: 10,
    requests: browsers.map(({ cookie, sub }) => ({
      headers: { cookie },
      onResponse(_status, body) {
        if (body !== JSON.stringify({ sub })) wrong ??= body
      },
    })),
  })
  if (result.errors > 0 || result.timeouts > 0)
    throw new NotMeasured(`${name}: ${String(result.errors)} requests failed.`)
  if (result['2xx'] !== amount) throw new NotMeasured(`${name}: ${String(result.non2xx)} answers were no 2xx.`)
  if (wrong !== undefined) throw new NotMeasured(`${name} answered something else than who is signed in: ${wrong}`)
}
