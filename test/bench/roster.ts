import { type ChildProcess, fork } from 'node:child_process'
import { resolve } from 'node:path'
import type { Reading, Way } from './school-reader.js'
import type { SimulatedSchool } from './school-simulator.js'

/**
 * Reads simulated schools through the Roster client and by a bare loop of `fetch`, in turns, one process per reading, and
 * prints time, processor time and peak memory. Ratios are of readings in the same round.
 */
async function main(): Promise<void> {
  const sizes = (process.argv[2] ?? '10000,100000,1000000').split(',').map(Number)
  const rounds = Number(process.argv[3] ?? 5)
  const rows = []
  for (const size of sizes) rows.push(await measure(size, rounds))
  console.table(Object.fromEntries(rows))
}

async function measure(size: number, rounds: number): Promise<[people: string, figures: Record<string, string>]> {
  const simulator = start('school-simulator.ts', [String(size), `http://localhost:${readerPort}/auth/apple/callback`])
  try {
    const school = (await messageOf(simulator)) as SimulatedSchool
    const client: Reading[] = []
    const bare: Reading[] = []
    for (let round = 0; round < rounds; round++) {
      // Whoever comes first warms the simulator up, so that is by turns.
      const order: Way[] = round % 2 === 0 ? ['fetch', 'client'] : ['client', 'fetch']
      for (const way of order) {
        const reading = await read(way, school)
        if (reading.people !== size) throw new Error(`${way} read ${String(reading.people)} of ${String(size)} people`)
        process.stderr.write(`${String(size)} people, ${way}: ${reading.seconds.toFixed(2)} s\n`)
        ;(way === 'client' ? client : bare).push(reading)
      }
    }
    return [size.toLocaleString('en'), figuresOf(client, bare)]
  } finally {
    simulator.disconnect()
  }
}

/** Where the reader's app listens; the same in school-reader.ts, which cannot be imported without running. */
const readerPort = '38411'

function figuresOf(client: readonly Reading[], bare: readonly Reading[]): Record<string, string> {
  const ratios = (of: (reading: Reading) => number): number[] =>
    client.map((reading, round) => of(reading) / of(bare[round] ?? reading))
  return {
    'client (s)': median(client.map(({ seconds }) => seconds)).toFixed(2),
    'fetch (s)': median(bare.map(({ seconds }) => seconds)).toFixed(2),
    'time ratio': median(ratios(({ seconds }) => seconds)).toFixed(2),
    'CPU ratio': median(ratios(({ cpuSeconds }) => cpuSeconds)).toFixed(2),
    'client peak (MiB)': median(client.map(({ peakMiB }) => peakMiB)).toFixed(0),
    'fetch peak (MiB)': median(bare.map(({ peakMiB }) => peakMiB)).toFixed(0),
  }
}

async function read(way: Way, school: SimulatedSchool): Promise<Reading> {
  const reader = start('school-reader.ts', [])
  try {
    reader.send({ way, school })
    return (await messageOf(reader)) as Reading
  } finally {
    reader.disconnect()
  }
}

function start(file: string, args: readonly string[]): ChildProcess {
  return fork(resolve('test/bench', file), args, { execArgv: ['--import', 'tsx'] })
}

function messageOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve).once('exit', (code) => {
      reject(new Error(`a process ended with ${String(code)} before it answered`))
    })
  })
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
