import { expect } from '@jest/globals'
import { run } from '../../src/cli/run.js'
import type { Check, CheckId } from '../../src/cli/doctor/check.js'

/** What came of a command. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** How a command is run. */
export interface RunSetup {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The terminal's width; undefined: stdout and stderr are pipes. */
  readonly columns?: number
  /** Default: at once. */
  readonly untilStopped?: () => Promise<void>
  /** Hears what is written to stdout as it is written. */
  readonly heard?: (text: string) => void
}

/** Runs the command line in this process. */
export async function runCommand(argv: readonly string[], setup: RunSetup = {}): Promise<Ran> {
  const { env = {}, columns, untilStopped = () => Promise.resolve(), heard = () => undefined } = setup
  const written = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({
    isTTY: columns !== undefined,
    columns,
    write(text: string) {
      written[name] += text
      if (name === 'out') heard(text)
    },
  })
  const io = { env, stdout: stream('out'), stderr: stream('err'), version: '1.2.3', untilStopped }
  const code = await run(argv, io)
  return { code, ...written }
}

/** What the doctor said. */
export interface Diagnosis extends Ran {
  readonly checks: readonly Check[]
  readonly json: Readonly<Record<string, unknown>>
  /** The one thing that a check found. */
  readonly one: (id: CheckId) => Check
  /** What a check found: message and advice in one text, for every finding. */
  readonly said: (id: CheckId) => string
}

/** Asks the doctor about these variables, as JSON; whatever it says, it repeats no key and no token. */
export async function diagnose(
  env: Readonly<Record<string, string | undefined>>,
  ...argv: readonly string[]
): Promise<Diagnosis> {
  const ran = await runCommand(['doctor', '--json', ...argv], { env })
  const json = JSON.parse(ran.out) as Record<string, unknown>
  const checks = json.checks as Check[]
  const of = (id: CheckId): Check[] => checks.filter((check) => check.id === id)
  expectNoSecret(ran.out + ran.err, env)
  return {
    ...ran,
    json,
    checks,
    one(id) {
      const [check, ...others] = of(id)
      expect(others).toEqual([])
      if (check === undefined) throw new Error(`there is no check ${id}`)
      return check
    },
    said: (id) =>
      of(id)
        .map(({ status, message, advice }) => [`${status}:`, message, ...advice].join(' '))
        .join(' '),
  }
}

/** Asks with --live, for a test that has Apple and no app; nobody looks for the host of its redirect URI. */
export function diagnoseLive(env: Readonly<Record<string, string | undefined>>): Promise<Diagnosis> {
  return diagnose(env, '--live', '--app-url', 'http://127.0.0.1:1')
}

/** The problems alone, by id. */
export function problemsOf({ checks }: Diagnosis): CheckId[] {
  return [...new Set(checks.filter(({ status }) => status === 'problem').map(({ id }) => id))]
}

/** Fails where a text holds a line of a key, a whole JWT, or the value of a secret variable. */
export function expectNoSecret(text: string, env: Readonly<Record<string, string | undefined>>): void {
  expect(text).not.toMatch(/eyJ[\w-]{8,}\.[\w-]{8,}/)
  for (const [name, value = ''] of Object.entries(env)) {
    if (!/PRIVATE_KEY$|SECRET$|KEYS$|STORE_URL$/.test(name)) continue
    for (const line of value.split(/\\n|\s/)) if (line.length >= 12) expect(text).not.toContain(line)
  }
}
