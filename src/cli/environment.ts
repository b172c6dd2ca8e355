import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { UsageError } from './command-errors.js'

/** The variables that an app would see. */
export interface CommandEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>
  /** The files that were read. */
  readonly files: readonly string[]
  /** Names of variables whose value in a file does not count, because the environment has another one. */
  readonly overruled: readonly string[]
}

/**
 * Lays the environment over .env files, as `node --env-file` does: a variable that is set stays as it is, and a later file
 * wins over an earlier one.
 *
 * @throws UsageError for a file that cannot be read
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  files: readonly string[],
): CommandEnvironment {
  const written: Record<string, string | undefined> = {}
  for (const file of files) Object.assign(written, parseEnv(readEnvFile(file)))
  const overruled = Object.keys(written).filter((name) => env[name] !== undefined && env[name] !== written[name])
  return { variables: { ...written, ...env }, files, overruled }
}

function readEnvFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`The file ${file} of --env-file cannot be read (${code ?? 'unknown error'}).`)
  }
}
