import { closestMatch } from 'leven'
import type { ConfigProblem } from '../errors.js'
import { type AppleAuthOptions, variableNames } from './options.js'

/** Says what is wrong with one setting. */
export type Report = (message: string) => void

/** Turns what somebody wrote into a value, or reports why it cannot. */
export type Parse<T> = (raw: unknown, report: Report) => T | undefined

type OptionName = keyof AppleAuthOptions

/** What options and environment say, before anything is believed; collects every problem on the way. */
export interface Settings {
  /** What the variables begin with. */
  readonly prefix: string
  /** Every problem so far. */
  readonly problems: ConfigProblem[]
  /** An option's name with its variable, for sentences. */
  nameOf(option: OptionName): string
  /** Has a problem with this option been found? Then what depends on it is better left unjudged. */
  isWrong(option: OptionName): boolean
  /** Is there an option or a variable at all? */
  has(option: OptionName): boolean
  /** The parsed value; undefined where it is absent or wrong (and then reported). */
  read<T>(option: OptionName, parse: Parse<T>): T | undefined
  /** The same, with a default for what is absent. */
  readOr<T>(option: OptionName, parse: Parse<T>, fallback: T): T
  /** The same, where absent is wrong too. */
  readRequired<T>(option: OptionName, parse: Parse<T>, advice: string): T | undefined
  /** Variables that are set, mean nothing, and look like one of ours misspelt; each as a sentence. */
  slips(): readonly string[]
  /** Adds a problem with one option. */
  report(option: OptionName, message: string): void
}

const optionNames = Object.keys(variableNames)

/** Lays options over environment variables; an option wins, `undefined` and an empty variable are absent. */
export function readSettings(
  options: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const problems: ConfigProblem[] = []
  const prefix = isPrefix(options.envPrefix) ? options.envPrefix : 'APPLE_'

  const slips = misspelt(prefix, environment)

  function variable(option: OptionName): string | undefined {
    const name = variableNames[option]
    return name === undefined ? undefined : `${prefix}${name}`
  }

  function raw(option: OptionName): unknown {
    if (options[option] !== undefined) return options[option]
    const name = variable(option)
    const value = name === undefined ? undefined : environment[name]
    return value === undefined || value.trim() === '' ? undefined : value
  }

  function report(option: OptionName, message: string): void {
    problems.push({ option, variable: variable(option), message })
  }

  function read<T>(option: OptionName, parse: Parse<T>): T | undefined {
    const value = raw(option)
    if (value === undefined) return undefined
    return parse(value, (message) => {
      report(option, message)
    })
  }

  for (const name of Object.keys(options)) {
    if (optionNames.includes(name)) continue
    const nearest = closestMatch(name.slice(0, 64), optionNames, { maxDistance: 4 })
    problems.push({
      option: name.slice(0, 64),
      variable: undefined,
      message: `is not known${nearest === undefined ? '; remove it' : `; did you mean ${nearest}?`}`,
    })
  }

  if (options.envPrefix !== undefined && !isPrefix(options.envPrefix)) {
    report('envPrefix', 'must be the beginning of variable names, such as APPLE_SCHOOL_')
  }

  return {
    prefix,
    problems,
    report,
    read,
    nameOf(option) {
      const name = variable(option)
      return name === undefined ? option : `${option} (${name})`
    },
    isWrong: (option) => problems.some((problem) => problem.option === option),
    slips: () => [...slips].map(([meant, name]) => `${name} is set and means nothing here: is ${meant} meant?`),
    has: (option) => raw(option) !== undefined,
    readOr: (option, parse, fallback) => read(option, parse) ?? fallback,
    readRequired(option, parse, advice) {
      const slip = slips.get(variable(option) ?? '')
      const hint = slip === undefined ? '' : ` (${slip} is set: is that a slip?)`
      if (raw(option) === undefined) report(option, `is missing: ${advice}${hint}`)
      return read(option, parse)
    },
  }
}

/** Wrong ones are not used at all, so that no message can repeat what was put there by mistake. */
function isPrefix(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Z][A-Z0-9_]*$/.test(value)
}

/** Our variables that somebody seems to have meant, each with the one that is set instead and means nothing. */
function misspelt(prefix: string, environment: Readonly<Record<string, string | undefined>>): Map<string, string> {
  const known = Object.values(variableNames).flatMap((name) => (name === undefined ? [] : [`${prefix}${name}`]))
  const slips = new Map<string, string>()
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(prefix) || known.includes(name) || name.length > 64) continue
    const meant = closestMatch(name, known, { maxDistance: 2 })
    if (meant !== undefined) slips.set(meant, name)
  }
  return slips
}
