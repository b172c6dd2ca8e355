import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { takeLoadCore } from './cores.js'
import { NotMeasured } from './load.js'
import { loginGoals, printLoginTable } from './login-table.js'
import { measureLogins } from './measure-logins.js'
import { figuresFolder, renewReadme } from './readme-costs.js'
import { buildServers } from './server-process.js'
import { goalLines } from './table.js'

const full = { rounds: 9, loginsPerRound: 1000, warmUpLogins: 1500 }
/** Shows that it runs; its figures are too noisy to be quoted. */
const quick = { rounds: 2, loginsPerRound: 200, warmUpLogins: 500 }

/** Measures what a login costs the server, beside one written by hand and a peer; prints it, and keeps it as JSON where the run is a full one. */
async function main(): Promise<void> {
  takeLoadCore()
  await buildServers()
  const isQuick = process.argv[2] === 'quick'
  const figures = await measureLogins(isQuick ? quick : full)
  if (!isQuick) {
    mkdirSync(figuresFolder, { recursive: true })
    writeFileSync(resolve(figuresFolder, 'login.json'), `${JSON.stringify(figures, undefined, 2)}\n`)
    renewReadme()
  }
  process.stdout.write(`${printLoginTable(figures)}\n${goalLines(loginGoals(figures))}`)
}

main().catch((error: unknown) => {
  console.error(error instanceof NotMeasured && error.cause === undefined ? error.message : error)
  process.exitCode = 1
})
