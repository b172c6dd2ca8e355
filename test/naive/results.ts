import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { rowsNamedIn, titlesIn } from '../catalogue/row-titles.js'

/** How a test went. */
export interface Result {
  readonly name: string
  /** The rows of the catalogue that it names. */
  readonly rows: readonly number[]
  readonly passed: boolean
  /** Why it failed; empty where it passed. */
  readonly reason: string
}

/** What Jest writes down of a run, as far as it is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

const testFolder = resolve('test')

/** The files whose titles name rows. */
export function catalogueFiles(): string[] {
  return (
    readdirSync(testFolder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(testFolder, name))
      // Properties try single functions, not what users of the package have.
      .filter((file) => file.endsWith('.test.ts') && !file.includes('properties'))
      .filter((file) => titlesIn(readFileSync(file, 'utf8')).some((title) => rowsNamedIn(title).length > 0))
  )
}

/** Runs tests of these files, with more of Jest's arguments. @throws where a file could not be run at all */
export function runJest(files: readonly string[], ...args: readonly string[]): Result[] {
  const folder = mkdtempSync(join(tmpdir(), 'catalogue-'))
  const outputFile = join(folder, 'report.json')
  try {
    const jest = [resolve('node_modules/jest/bin/jest.js'), ...args, '--json', `--outputFile=${outputFile}`]
    // Hundreds of failures are wanted; what is to be known of them stands in the report.
    spawnSync(process.execPath, [...jest, '--maxWorkers=100%', '--forceExit', '--runTestsByPath', ...files], {
      stdio: 'ignore',
    })
    return readReport(JSON.parse(readFileSync(outputFile, 'utf8')) as Report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readReport({ testResults }: Report): Result[] {
  return testResults.flatMap(({ name: file, message, assertionResults }) => {
    if (assertionResults.length === 0) throw new Error(`${file} could not be run: ${message}`)
    return assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ fullName, status, failureMessages }) => ({
        name: `${file}: ${fullName}`,
        rows: rowsNamedIn(fullName),
        passed: status === 'passed',
        reason: stripVTControlCharacters(failureMessages.join('\n')),
      }))
  })
}
