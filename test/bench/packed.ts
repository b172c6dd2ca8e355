import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** Two projects with the same express and express-session installed: `bare` with nothing else, `full` with the package. */
export interface Projects {
  bare: string
  full: string
}

/**
 * Packs the built package, installs both projects in a temporary folder, runs `use` on them and removes the folder.
 * @throws Error when the package is not built, or npm cannot pack or install.
 */
export async function withProjects<T>(use: (projects: Projects) => Promise<T>): Promise<T> {
  if (!existsSync('dist/index.js')) throw new Error('dist/index.js is missing: run `npm run build` first')
  const folder = mkdtempSync(join(tmpdir(), 'start-up-'))
  try {
    return await use(await install(folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function install(folder: string): Promise<Projects> {
  const bare = join(folder, 'bare')
  const full = join(folder, 'full')
  mkdirSync(bare)
  writeFileSync(join(bare, 'package.json'), '{ "private": true }')
  await npm(process.cwd(), ['pack', '--ignore-scripts', '--pack-destination', folder])
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack has left no tarball')
  await add(bare, peers.map(inOurVersion))
  // A copy, so that the two cannot differ in anything but what the package adds.
  cpSync(bare, full, { recursive: true, verbatimSymlinks: true })
  await add(full, [join(folder, tarball)])
  return { bare, full }
}

/** What every app that uses the package has anyway. */
const peers = ['express', 'express-session']

function inOurVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(resolve('node_modules', name, 'package.json'), 'utf8')) as {
    version: string
  }
  return `${name}@${version}`
}

/** As an app is deployed: without development dependencies, with optional ones, which is what npm does unless told. */
async function add(project: string, packages: readonly string[]): Promise<void> {
  const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1']
  try {
    await npm(project, ['install', ...options, ...packages])
  } catch (cause) {
    const advice = 'npm needs its registry for this: see that `npm view express version` answers, then run this again'
    throw new Error(`start-up is not measured, since npm cannot install ${packages.join(' and ')}; ${advice}`, {
      cause,
    })
  }
}

async function npm(cwd: string, args: readonly string[]): Promise<void> {
  // npm hands its settings on to what `npm run` starts; the folder is the one that must not reach another npm.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'npm_config_local_prefix'))
  await promisify(execFile)('npm', [...args, '--loglevel=error'], { cwd, env, timeout: 300_000 })
}
