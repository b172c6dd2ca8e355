import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Figures, figuresVariable } from './figures.js'

// `npm run test:nodes`: runs the tests of this folder one after the other and prints what they measured. The variable
// NODES_FIGURES names a file to keep the figures in, one JSON object per line.

const folder = mkdtempSync(join(tmpdir(), 'nodes-'))
const file = process.env[figuresVariable] ?? join(folder, 'figures.jsonl')
const jest = ['node_modules/jest/bin/jest.js', '--selectProjects=express 5', '--testPathPatterns', 'test/nodes/']

try {
  rmSync(file, { force: true })
  const { status } = spawnSync(process.execPath, [...jest, '--runInBand', ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [figuresVariable]: file },
  })
  process.exitCode = status ?? 1
  if (existsSync(file)) printTables(readFileSync(file, 'utf8'))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** One table per test; a row for each server. */
function printTables(lines: string): void {
  const figures = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Figures)
  for (const title of new Set(figures.map(({ test }) => test))) {
    const rows = figures.filter(({ test }) => test === title)
    console.log(`\n${title}`)
    console.table(Object.fromEntries(rows.map(({ test: _test, server, ...rest }) => [server, rest])))
  }
}
