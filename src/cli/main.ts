#!/usr/bin/env node
import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { exitCodes } from './command-io.js'
import { run } from './run.js'

/** The program `express-apple-auth`: hands the process to `run` and its exit code back. */

// `express-apple-auth doctor | head -1` closes the pipe early, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const { argv, env, stdout, stderr } = process
run(argv.slice(2), { env, stdout, stderr, version: version(), untilStopped }).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = exitCodes.problems
  },
)

/** The first Ctrl-C asks nicely; the second one ends the process, as it would without this. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve()
      })
    }
  })
}

/** The program may have been started through a link, as npm makes them; package.json lies two folders above the file itself. */
function version(): string {
  const file = join(dirname(realpathSync(argv[1] ?? '')), '../../package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
