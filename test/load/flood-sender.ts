import { Agent, request } from 'node:http'
import type { Forgery } from './forgeries.js'

// Sends notifications at a steady rate, as a process of its own, so that it takes no time from whom it is measured at.

/** What is to be sent. */
export interface FloodOrder {
  readonly url: string
  readonly perSecond: number
  readonly seconds: number
  readonly forgeries: readonly Forgery[]
}

/** What came of it. */
export interface FloodResult {
  readonly sent: number
  /** From the first request to the last answer. */
  readonly seconds: number
  /** How many got which status, by kind; status 0 is a connection that broke. */
  readonly statuses: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** How long each answer took, in milliseconds. */
  readonly milliseconds: readonly number[]
  readonly mostUnderWay: number
}

/** More are not begun while so many are under way. */
const maxUnderWay = 2000
/** How often the requests that are due are sent, in milliseconds. */
const tickMs = 5
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

async function flood({ url, perSecond, seconds, forgeries }: FloodOrder): Promise<FloodResult> {
  const total = perSecond * seconds
  const statuses: Record<string, Record<string, number>> = {}
  const milliseconds: number[] = []
  let sent = 0
  let underWay = 0
  let mostUnderWay = 0
  const startedAt = performance.now()
  const passed = (): number => (performance.now() - startedAt) / 1000

  async function sendOne(): Promise<void> {
    const { kind, body } = forgeries[sent++ % forgeries.length] ?? { kind: 'none', body: '' }
    mostUnderWay = Math.max(mostUnderWay, ++underWay)
    const begunAt = performance.now()
    const status = String(await post(url, body))
    milliseconds.push(performance.now() - begunAt)
    underWay--
    const ofKind = (statuses[kind] ??= {})
    ofKind[status] = (ofKind[status] ?? 0) + 1
  }

  // The app may be slower than the flood: then it is not waited for longer than this.
  while ((sent < total || underWay > 0) && passed() < seconds + 60) {
    const due = Math.min(total, passed() * perSecond)
    while (sent < due && underWay < maxUnderWay) void sendOne()
    await new Promise((resolve) => setTimeout(resolve, tickMs))
  }
  return { sent, seconds: passed(), statuses, milliseconds, mostUnderWay }
}

function post(url: string, body: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const outgoing = request(url, { method: 'POST', agent, headers }, (incoming) => {
      incoming.resume().once('close', () => {
        resolve(incoming.complete ? (incoming.statusCode ?? 0) : 0)
      })
    })
    outgoing.once('error', () => {
      resolve(0)
    })
    outgoing.end(body)
  })
}

// The test that started it is gone.
process.on('disconnect', () => process.exit())
process.on('message', (order: FloodOrder) => {
  void flood(order).then((result) => process.send?.(result))
})
process.send?.({ port: 0 })
