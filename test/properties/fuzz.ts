import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createCallbackTarget } from './fuzz-callback.js'
import { createConfigurationTarget } from './fuzz-configuration.js'
import { createNotificationTarget } from './fuzz-notification.js'
import { createReturnPathTarget } from './fuzz-return-path.js'
import { type FuzzResult, type FuzzTarget, sendInputs } from './fuzz-target.js'

// `npm run test:fuzz`: sends generated inputs to all that strangers and operators can reach, over loopback HTTP, and fails
// for any 5xx, unhandled rejection or login, and when the process grows. FUZZ_INPUTS says how many in all (default
// 200000), FUZZ_SEED repeats a run.

const inputs = Number(process.env.FUZZ_INPUTS ?? 200_000)
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1e9))
/** How much larger the heap may be at the end than after the first tenth, in MiB. */
const maxGrowthMiB = 8

let unhandled = 0
process.on('unhandledRejection', (reason) => {
  unhandled += 1
  if (unhandled <= 5) console.error('unhandled rejection:', reason)
})
// Configurations are warned of by the thousand.
process.removeAllListeners('warning')

/** What a target costs and answers, as a row of the table. */
interface Row {
  readonly inputs: number
  readonly statuses: string
  readonly '5xx': number
  readonly 'other failures': number
  readonly 'unhandled rejections': number
  readonly 'sign-ins': number
  readonly 'heap after 1/10 (MiB)': number
  readonly 'heap at the end (MiB)': number
  readonly 'RSS after 1/10 (MiB)': number
  readonly 'RSS at the end (MiB)': number
  readonly seconds: number
}

async function main(): Promise<void> {
  console.log(`${inputs.toLocaleString('en')} inputs, FUZZ_SEED=${String(seed)}`)
  const rows: Record<string, Row> = {}
  for (const create of [
    createCallbackTarget,
    createReturnPathTarget,
    createNotificationTarget,
    createConfigurationTarget,
  ]) {
    const target = (await create()) as FuzzTarget
    process.stderr.write(`${target.name} …\n`)
    rows[target.name] = await fuzz(target, Math.ceil(inputs / 4))
    await target.stop()
  }
  console.table(rows)
  const isGood = Object.values(rows).every(isGoodRow)
  console.log(
    isGood
      ? 'All good.'
      : `Not good: there may be no 5xx, failure, rejection or sign-in, and no more than ${String(maxGrowthMiB)} MiB of growth.`,
  )
  process.exitCode = isGood ? 0 : 1
}

async function fuzz(target: FuzzTarget, count: number): Promise<Row> {
  const result: FuzzResult = { statuses: new Map(), serverErrors: 0, failures: 0 }
  const [startedAt, unhandledBefore] = [performance.now(), unhandled]
  const tenth = Math.ceil(count / 10)
  await sendInputs(target, tenth, seed, result)
  const early = await measureMemory()
  await sendInputs(target, count - tenth, seed + tenth, result)
  const late = await measureMemory()
  return {
    inputs: [...result.statuses.values()].reduce((sum, times) => sum + times, 0),
    statuses: [...result.statuses]
      .sort()
      .map(([status, times]) => `${status}: ${String(times)}`)
      .join(', '),
    '5xx': result.serverErrors,
    'other failures': result.failures,
    'unhandled rejections': unhandled - unhandledBefore,
    'sign-ins': target.signIns(),
    'heap after 1/10 (MiB)': early.heapMiB,
    'heap at the end (MiB)': late.heapMiB,
    'RSS after 1/10 (MiB)': early.rssMiB,
    'RSS at the end (MiB)': late.rssMiB,
    seconds: Math.round((performance.now() - startedAt) / 1000),
  }
}

function isGoodRow(row: Row): boolean {
  const faults = row['5xx'] + row['other failures'] + row['unhandled rejections'] + row['sign-ins']
  return faults === 0 && row['heap at the end (MiB)'] - row['heap after 1/10 (MiB)'] <= maxGrowthMiB
}

/** What is in use once all garbage is gone. */
async function measureMemory(): Promise<{ heapMiB: number; rssMiB: number }> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 5; round += 1) {
    collect()
    // What is finalized in between frees more.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, rss } = process.memoryUsage()
  const mebibytes = (bytes: number): number => Math.round((bytes / 2 ** 20) * 10) / 10
  return { heapMiB: mebibytes(heapUsed), rssMiB: mebibytes(rss) }
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
