import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Figures, figuresVariable } from './figures.js'
import { sizeVariable } from './size.js'

// `npm run test:load -- flood soak`: runs these tests, or all of them, at their full size one after the other, and prints
// what they measured. The variable LOAD_FIGURES names a file to keep the figures in, one JSON object per line.

const names = ['flood', 'anonymous', 'kill', 'soak']
const chosen = process.argv.length > 2 ? process.argv.slice(2) : names
const unknown = chosen.filter((name) => !names.includes(name))

if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}: choose from ${names.join(', ')}.`)
  process.exitCode = 1
} else {
  const folder = mkdtempSync(join(tmpdir(), 'load-'))
  const file = process.env[figuresVariable] ?? join(folder, 'figures.jsonl')
  try {
    rmSync(file, { force: true })
    for (const name of chosen) measure(name, file)
    if (existsSync(file)) printTables(readFileSync(file, 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function measure(name: string, file: string): void {
  const jest = ['node_modules/jest/bin/jest.js', '--selectProjects=express 5', '--runInBand']
  const { status } = spawnSync(process.execPath, [...jest, '--testPathPatterns', `test/load/${name}\\.test`], {
    stdio: 'inherit',
    env: { ...process.env, [figuresVariable]: file, [sizeVariable]: 'full' },
  })
  if (status !== 0) process.exitCode = 1
}

/** One table per title; its rows by their names. */
function printTables(lines: string): void {
  const figures = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Figures)
  for (const title of new Set(figures.map(({ table }) => table))) {
    const rows = figures.filter(({ table }) => table === title)
    console.log(`\n${title}`)
    console.table(Object.fromEntries(rows.map(({ table: _table, row, ...rest }) => [row, rest])))
  }
}
