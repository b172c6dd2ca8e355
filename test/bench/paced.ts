import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { NotMeasured } from './load.js'

/** What a paced request was answered with. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** From writing the request to the end of the answer, in milliseconds. */
  readonly milliseconds: number
}

/** Sends one request and reads its answer whole. */
export type Send = (
  url: string,
  options?: { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
) => Promise<Answer>

/** Longer than this no answer is waited for, in milliseconds. */
const timeoutMs = 10_000

/** Connections that stay open and are never waited for: a new one is opened where all are taken. */
export function createSend(): { readonly send: Send; readonly close: () => void } {
  // In turn, so that none is idle for as long as servers leave one open.
  const agent = new Agent({ keepAlive: true, scheduling: 'fifo' })
  const send: Send = (url, { method = 'GET', headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        reject(new NotMeasured(`${method} ${url} failed: ${error.message}`, { cause: error }))
      }
      const startedAt = performance.now()
      const asked = request(url, { agent, method, headers, timeout: timeoutMs }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => (text += chunk))
        answer.on('error', fail)
        answer.on('end', () => {
          const milliseconds = performance.now() - startedAt
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text, milliseconds })
        })
      })
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')))
      asked.on('error', fail)
      asked.end(body)
    })
  return {
    send,
    close: () => {
      agent.destroy()
    },
  }
}

/**
 * Begins a task so many times a second, whether or not earlier ones have ended, and waits for all at the end.
 *
 * Each begins at random within its own share of the second, so that paces side by side do not fall into step.
 *
 * @throws what the first task to fail was rejected with
 */
export async function pace(
  perSecond: number,
  seconds: number,
  task: (turn: number, lateMs: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now()
  const shareMs = 1000 / perSecond
  const underWay: Promise<void>[] = []
  for (let turn = 0; turn < perSecond * seconds; turn++) {
    const dueAt = startedAt + (turn + Math.random()) * shareMs
    const waitMs = dueAt - performance.now()
    // Timers count whole milliseconds; one that came early would make up for others' lateness.
    if (waitMs > 0) await sleep(Math.ceil(waitMs))
    const begun = task(turn, performance.now() - dueAt)
    // Whoever fails is heard of at the end.
    begun.catch(() => undefined)
    underWay.push(begun)
  }
  await Promise.all(underWay)
}
