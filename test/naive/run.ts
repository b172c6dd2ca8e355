import { resolve } from 'node:path'
import { rowNumbers, sectionOf, sections } from '../catalogue/rows.js'
import { naiveConfig } from './jest-config.js'
import { isBreakdown, isLacking } from './lacking.js'
import { catalogueFiles, type Result, runJest } from './results.js'

// `npm run test:naive`: runs every test that names a row of the catalogue against the naive copy, and then against the
// package. Fails unless at least half of them fail on the one, and not merely for what it lacks, and all pass on the
// other. `--skip-real` leaves out the second.

const files = catalogueFiles()
const byName = ['--testNamePattern', '\\brows? \\d|^the naive copy stands']

const naive = runJest(
  [...files, resolve('test/naive/takes-effect.ts')],
  ...['--config', JSON.stringify(naiveConfig), ...byName],
)
const inPlace = naive.filter(({ rows }) => rows.length === 0)
if (inPlace.length === 0 || !inPlace.every(({ passed }) => passed)) {
  throw new Error('The naive copy does not stand in the package’s place, so this run says nothing.')
}
const tests = naive.filter(({ rows }) => rows.length > 0)
const caught = tests.filter(({ passed }) => !passed)
const biting = caught.filter(({ reason }) => !isLacking(reason))
const lettingThrough = biting.filter(({ reason }) => !isBreakdown(reason))

console.table(Object.fromEntries([...sections.map(({ name }) => [name, figuresOf(name)]), ['all', figuresOf()]]))
console.log('A test that names rows of several sections counts in each, and once in all.')
const harmless = rowNumbers.filter((row) => !caught.some(({ rows }) => rows.includes(row)))
console.log(`Rows none of whose tests fails on the naive copy: ${harmless.join(', ')}.`)
if (biting.length * 2 < tests.length) fail('Fewer than half of the tests bite.')
if (!process.argv.includes('--skip-real')) checkPackage()

/** What the naive copy does, in one section or in all. */
function figuresOf(section?: string): Record<string, number | string> {
  const here = (results: readonly Result[]): number => results.filter(({ rows }) => rows.some(isHere)).length
  const isHere = (row: number): boolean => section === undefined || sectionOf(row) === section
  const rowsIn = (results: readonly Result[]): number =>
    new Set(results.flatMap(({ rows }) => rows).filter((row) => isHere(row))).size
  const share = (part: number): string => `${String(part)} (${String(Math.round((100 * part) / here(tests)))} %)`
  return {
    tests: here(tests),
    'pass on the copy': here(tests) - here(caught),
    'fail on it': share(here(caught)),
    'not merely for what it lacks': share(here(biting)),
    'nor merely by a 500': share(here(lettingThrough)),
    rows: rowsIn(tests),
    'rows with a failure': rowsIn(caught),
  }
}

/** The same tests, all passed by the package itself? */
function checkPackage(): void {
  const real = runJest(files, '--selectProjects=express 5', ...byName)
  const failures = real.filter(({ passed }) => !passed)
  const namesOf = (results: readonly Result[]): string => JSON.stringify(results.map(({ name }) => name).sort())
  for (const { name, reason } of failures) console.error(`${name}\n${reason}\n`)
  console.log(`The package passes ${String(real.length - failures.length)} of ${String(real.length)} of these tests.`)
  if (failures.length > 0) fail('The package fails tests of the catalogue.')
  if (namesOf(real) !== namesOf(tests)) fail('The two runs ran different tests.')
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
