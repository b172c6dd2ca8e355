import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The core that servers run on; whatever else a benchmark runs stays on the other. */
export const serverCore = 0
/** The core of the load, of Redis and of the loopback Apple. */
export const loadCore = 1

/** `/proc/stat` counts in hundredths of a second. */
const ticksPerSecond = 100

/**
 * Moves this process, with all it starts later, to the core of the load.
 *
 * @throws Error where processes cannot be pinned: then nothing is measured
 */
export function takeLoadCore(): void {
  try {
    execFileSync('taskset', ['-acp', String(loadCore), String(process.pid)], { stdio: 'pipe' })
  } catch (error) {
    throw new Error('The benchmarks pin processes to cores: they need Linux, two cores and taskset (util-linux).', {
      cause: error,
    })
  }
}

/** The command line that runs a Node program on the servers' core. */
export function onServerCore(program: readonly string[]): readonly [command: string, ...args: string[]] {
  return ['taskset', '-c', String(serverCore), process.execPath, ...program]
}

/** How long the servers' core has been busy since the machine started, in microseconds, time stolen by others included. */
export function serverCoreBusyMicroseconds(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[serverCore + 1] ?? ''
  const [, user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).map(Number)
  const ticks = [user, nice, system, irq, softirq, steal].reduce<number>((sum, each) => sum + (each ?? 0), 0)
  return (ticks / ticksPerSecond) * 1e6
}

/** Names the processor. */
export function processorName(): string {
  return /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor'
}
