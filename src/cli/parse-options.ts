import { parseArgs } from 'node:util'
import { closestMatch } from 'leven'
import { UsageError } from './command-errors.js'

/** The options of one command. */
export type OptionSpecs = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly multiple?: true }>>

/** What was given, by option name; undefined where an option was left out. */
export type OptionValues<T extends OptionSpecs> = {
  readonly [K in keyof T]?: (T[K]['type'] extends 'boolean' ? boolean : Value<T[K]>) | undefined
}

type Value<S> = S extends { readonly multiple: true } ? string[] : string

/**
 * Reads a command's options.
 *
 * @throws UsageError with the nearest option that there is
 */
export function parseOptions<const T extends OptionSpecs>(
  command: string,
  argv: readonly string[],
  specs: T,
): OptionValues<T> {
  const { tokens, values } = parseArgs({
    args: [...argv],
    options: { ...specs },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') throw new UsageError(`${command} takes options alone; one of the words is not one.`)
    checkOption(token, specs, seen)
  }
  return values
}

function checkOption(
  {
    name,
    rawName,
    value,
    inlineValue,
  }: { name: string; rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  specs: OptionSpecs,
  seen: Set<string>,
): void {
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
  if (spec === undefined) throw new UsageError(`There is no option ${rawName.slice(0, 40)}${nearest(name, specs)}`)
  if (spec.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`The option --${name} takes no value.`)
  } else if (value === undefined || value === '' || (inlineValue !== true && value.startsWith('-'))) {
    throw new UsageError(`The option --${name} needs a value.`)
  } else if (spec.multiple !== true && seen.has(name)) {
    throw new UsageError(`The option --${name} can be given once only.`)
  }
  seen.add(name)
}

function nearest(name: string, specs: OptionSpecs): string {
  const meant = closestMatch(name.slice(0, 40), Object.keys(specs), { maxDistance: 3 })
  return meant === undefined ? '.' : `; did you mean --${meant}?`
}
