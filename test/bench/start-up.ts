import { execFile } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Projects, withProjects } from './packed.js'

/** What the package costs an app that has express and express-session already. */
export interface StartUp {
  /** Milliseconds that importing the package takes once the other two are loaded, each time in a new process. */
  importMs: { median: number; min: number; max: number }
  /** From the start of the process until everything is loaded: with the package over without, median of the rounds. */
  readyRatio: number
  /** The same for processor time. */
  cpuRatio: number
  /** Lengths of all files that npm adds to node_modules, the package's own among them; not blocks on a disk. */
  installedBytes: number
  /** How many packages npm adds besides the package itself. */
  packageCount: number
  /** Those packages, as name@version. */
  packageNames: readonly string[]
}

/**
 * Measures the built package as npm installs it, so `npm run build` comes first and the registry must be reachable.
 * One more round than `rounds` is run first and not counted.
 * @throws Error when npm cannot install or a process fails; there are no partial figures.
 */
export async function measureStartUp(rounds: number): Promise<StartUp> {
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('rounds has to be a whole number of 1 or more')
  return withProjects(async (projects) => {
    const packageNames = packagesOnTop(projects)
    return {
      ...(await timesOf(projects, rounds)),
      installedBytes: bytesIn(join(projects.full, 'node_modules')) - bytesIn(join(projects.bare, 'node_modules')),
      packageCount: packageNames.length,
      packageNames,
    }
  })
}

async function timesOf(
  { bare, full }: Projects,
  rounds: number,
): Promise<Pick<StartUp, 'importMs' | 'readyRatio' | 'cpuRatio'>> {
  const pairs: { without: Start; with: Start }[] = []
  for (let round = 0; round <= rounds; round++) {
    // Whatever favours the first or the second of a round favours each in turn.
    const first = round % 2 === 0 ? await start(bare) : undefined
    const withPackage = await start(full, 'express-apple-auth')
    const without = first ?? (await start(bare))
    if (round > 0) pairs.push({ without, with: withPackage })
  }
  const imports = pairs.map((pair) => pair.with.importMs)
  return {
    importMs: { median: median(imports), min: Math.min(...imports), max: Math.max(...imports) },
    readyRatio: median(pairs.map((pair) => pair.with.readyMs / pair.without.readyMs)),
    cpuRatio: median(pairs.map((pair) => pair.with.cpuMs / pair.without.cpuMs)),
  }
}

/** What one process says of its own start. */
interface Start {
  importMs: number
  readyMs: number
  cpuMs: number
}

const script = `
  await import('express')
  await import('express-session')
  const before = performance.now()
  for (const name of process.argv.slice(2)) await import(name)
  const readyMs = performance.now()
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ importMs: readyMs - before, readyMs, cpuMs: (user + system) / 1000 }))`

async function start(project: string, ...packages: string[]): Promise<Start> {
  writeFileSync(join(project, 'start.mjs'), script)
  // Of all variables only the path: loaders, compile caches, coverage and DEBUG would each be measured too.
  const env = { PATH: process.env.PATH, NODE_ENV: 'production' }
  const { stdout } = await promisify(execFile)(process.execPath, ['start.mjs', ...packages], {
    cwd: project,
    env,
    timeout: 60_000,
  })
  return JSON.parse(stdout) as Start
}

function packagesOnTop({ bare, full }: Projects): string[] {
  const before = installedIn(bare)
  return installedIn(full)
    .filter((name) => {
      const known = before.indexOf(name)
      // Once for each time it is there: a second copy of the same version is on top.
      if (known >= 0) before.splice(known, 1)
      return known < 0 && !name.startsWith('express-apple-auth@')
    })
    .sort()
}

/** Every package in node_modules as name@version, by npm's own list. */
function installedIn(project: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>
  }
  return Object.entries(packages).map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`)
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
