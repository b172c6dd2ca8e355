import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { drawChart } from './chart.js'
import { processorName, takeLoadCore } from './cores.js'
import type { Figures } from './figures.js'
import { guardedGoals, startUpGoals } from './goals.js'
import { measureGuarded } from './guarded.js'
import { latencyEfforts, latencyLines, measureLatency } from './latency.js'
import { NotMeasured } from './load.js'
import { figuresFolder, type GuardedRun, renewReadme } from './readme-costs.js'
import { startRedis } from './redis-server.js'
import { buildServers } from './server-process.js'
import { measureStartUp } from './start-up.js'
import { startUpLines } from './start-up-lines.js'
import { goalLines, printTable } from './table.js'
import { variants } from './variants.js'

const efforts = {
  full: { rounds: 7, requestsPerRound: 5000, warmUpRequests: 6000, startUpRounds: 15 },
  /** Shows that it runs and where things stand, in less than two minutes. */
  quick: { rounds: 2, requestsPerRound: 1000, warmUpRequests: 1000, startUpRounds: 3 },
}

/**
 * `tsx test/bench/run.ts [quick] [name …]`: measures guarded routes, start-up, size and latency and prints them. A full run
 * of all variants also keeps the figures, draws README's chart from them and puts them into README.
 */
async function main(): Promise<void> {
  const [, , ...words] = process.argv
  const mode = words.includes('quick') ? 'quick' : 'full'
  const names = words.filter((word) => word !== 'quick')
  const { startUpRounds, ...effort } = efforts[mode]
  // Before this process, and with it all that it starts, is kept to one core.
  const startUp = names.length > 0 ? undefined : await measureStartUp(startUpRounds)
  takeLoadCore()
  await buildServers()
  const chosen = names.length === 0 ? variants : variants.filter(({ name }) => names.includes(name))
  const figures: Figures = {
    measuredAt: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    processor: processorName(),
    ...effort,
    variants: await overRedis((redisUrl) => measureGuarded(chosen, redisUrl, effort)),
  }
  if (mode === 'quick')
    process.stdout.write('Quick: the servers are hardly warm, so they cost more; take no ratio from it.\n\n')
  process.stdout.write(`${printTable(figures)}\n${goalLines(guardedGoals(figures.variants))}\n`)
  if (startUp === undefined) return
  process.stdout.write(`${startUpLines(startUp)}\n${goalLines(startUpGoals(startUp))}\n`)
  const latency = await measureLatency(latencyEfforts[mode])
  process.stdout.write(latencyLines(latency))
  if (mode === 'full') keep({ ...figures, startUp, latency })
}

async function overRedis<T>(measure: (redisUrl: string | undefined) => Promise<T>): Promise<T> {
  const redis = await startRedis()
  if (redis === undefined) process.stderr.write('redis-server is not installed: nothing is measured over Redis.\n')
  try {
    return await measure(redis?.url)
  } finally {
    await redis?.stop()
  }
}

function keep(figures: GuardedRun): void {
  mkdirSync(figuresFolder, { recursive: true })
  writeFileSync(resolve(figuresFolder, 'guarded.json'), `${JSON.stringify(figures, undefined, 2)}\n`)
  writeFileSync(resolve(figuresFolder, 'guarded.svg'), drawChart(figures))
  renewReadme()
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof NotMeasured && error.cause === undefined ? error.message : error)
    process.exit(1)
  },
)
