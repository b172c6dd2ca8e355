import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'

/** One thing that inputs are sent to. */
export interface FuzzTarget<Input = unknown> {
  readonly name: string
  readonly inputs: fc.Arbitrary<Input>
  /** Sends one from one of several workers; gives the status to count it under. @throws FuzzFailure */
  send(input: Input, worker: number): Promise<string>
  /** Logins so far. */
  signIns(): number
  stop(): Promise<void>
}

/** What came back is not what may come back. */
export class FuzzFailure extends Error {
  constructor(
    message: string,
    /** Of the answer; undefined where that is not what is wrong. */
    readonly status?: number,
  ) {
    super(message)
  }
}

/** What became of the inputs to a target. */
export interface FuzzResult {
  readonly statuses: Map<string, number>
  serverErrors: number
  /** Inputs whose answer was not as it has to be, or that had none. */
  failures: number
}

/** Inputs under way at a time. */
export const workers = 16
const batchSize = 500
/** How many inputs come after the pause that ends each stage. */
const afterPause = 64
/** Longer than a callback’s result is kept for who asks again, in milliseconds. */
const pauseMs = 11_000

/**
 * Sends so many inputs, each worker one after the other. The last few come after a pause: what is kept for some seconds is
 * dropped by then, and would look like growth.
 */
export async function sendInputs(target: FuzzTarget, count: number, seed: number, result: FuzzResult): Promise<void> {
  const early = Math.max(0, count - afterPause)
  for (let sent = 0; sent < early; sent += batchSize) {
    await sendBatch(target, Math.min(batchSize, early - sent), seed + sent, result)
  }
  await delay(pauseMs)
  await sendBatch(target, count - early, seed + early, result)
}

async function sendBatch(target: FuzzTarget, numRuns: number, seed: number, result: FuzzResult): Promise<void> {
  const inputs = fc.sample(target.inputs, { numRuns, seed })
  let next = 0
  await Promise.all(
    Array.from({ length: workers }, async (_worker, worker) => {
      while (next < inputs.length) await sendOne(target, inputs[next++], worker, result)
    }),
  )
}

async function sendOne(target: FuzzTarget, input: unknown, worker: number, result: FuzzResult): Promise<void> {
  let status: string
  try {
    status = await target.send(input, worker)
  } catch (error) {
    const serverError = error instanceof FuzzFailure ? error.status : undefined
    status = serverError === undefined ? 'failed' : String(serverError)
    if (serverError === undefined) result.failures += 1
    else result.serverErrors += 1
    if (result.failures + result.serverErrors <= 5) {
      console.error(`${target.name}: ${String(error)}\n  input: ${fc.stringify(input).slice(0, 2000)}`)
    }
  }
  result.statuses.set(status, (result.statuses.get(status) ?? 0) + 1)
}

/** The status of an answer that is as it has to be. @throws FuzzFailure for a 5xx, and for a stack in the text */
export function harmlessStatus({ status, text }: { status: number; text: string }): string {
  if (status >= 500) throw new FuzzFailure(`answered ${String(status)}: ${text.slice(0, 300)}`, status)
  if (/\n\s+at |&nbsp;at /.test(text)) throw new FuzzFailure(`answered ${String(status)} with a stack: ${text}`)
  return String(status)
}
