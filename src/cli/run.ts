import { closestMatch } from 'leven'
import { clientSecret } from './client-secret.js'
import { CommandError, UsageError } from './command-errors.js'
import { type CommandIo, exitCodes } from './command-io.js'
import { doctor } from './doctor.js'
import { help } from './help.js'
import { createPaint } from './paint.js'
import { simulator } from './simulator.js'

/** A command; gives its exit code. */
export type Command = (argv: readonly string[], io: CommandIo) => Promise<number>

const commands: Readonly<Record<string, Command>> = { doctor, 'client-secret': clientSecret, simulator }

/** Runs the command line `express-apple-auth`, `argv` being what follows the program's name; gives the exit code. */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name = '', ...rest] = argv
  const asksHelp = argv.some((word) => word === '--help' || word === '-h')
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (asksHelp && (command !== undefined || name.startsWith('-'))) {
    io.stdout.write(help[command === undefined ? '' : name] ?? '')
    return exitCodes.fine
  }
  if (name === '--version' || name === '-v') {
    io.stdout.write(`${io.version}\n`)
    return exitCodes.fine
  }
  if (name === '') {
    io.stderr.write(help[''] ?? '')
    return exitCodes.usage
  }
  try {
    if (command === undefined) throw unknown(name)
    return await command(rest, io)
  } catch (error) {
    return report(error, command === undefined ? '' : name, io)
  }
}

function unknown(name: string): UsageError {
  const isOption = name.startsWith('-')
  const known = isOption ? ['--help', '--version'] : Object.keys(commands)
  const meant = closestMatch(name.slice(0, 40), known, { maxDistance: 4 })
  const advice = meant === undefined ? `; there are ${known.join(', ')}.` : `; did you mean ${meant}?`
  return new UsageError(`There is no ${isOption ? 'option' : 'command'} ${name.slice(0, 40)}${advice}`)
}

function report(error: unknown, command: string, { stderr, env }: CommandIo): number {
  const paint = createPaint(stderr, env)
  if (error instanceof UsageError) {
    const more = `express-apple-auth ${command === '' ? '' : `${command} `}--help`
    stderr.write(`${paint('red', error.message)}\nSee ${more}\n`)
    return exitCodes.usage
  }
  if (error instanceof CommandError) {
    stderr.write(`${paint('red', error.message)}\n`)
    return exitCodes.problems
  }
  throw error
}
