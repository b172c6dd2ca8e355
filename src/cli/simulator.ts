import { type AppleSimulator, createAppleSimulator } from '../simulator/index.js'
import { CommandError, UsageError } from './command-errors.js'
import { type CommandIo, exitCodes } from './command-io.js'
import { envFileLines } from './env-file-lines.js'
import { type OptionValues, parseOptions } from './parse-options.js'
import { parseService } from './parse-service.js'

const specs = {
  port: { type: 'string' },
  host: { type: 'string' },
  service: { type: 'string' },
  'client-id': { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  'notification-url': { type: 'string' },
  'env-prefix': { type: 'string' },
  'state-file': { type: 'string' },
  'school-size': { type: 'string' },
  'allow-in-production': { type: 'boolean' },
} as const

/** Runs the simulator until it is stopped; prints its address and the variables of an app registered with it. */
export async function simulator(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = parseOptions('simulator', argv, specs)
  const port = wholeNumber('port', options.port ?? '3001', 65_535)
  if (io.env.NODE_ENV === 'production' && options['allow-in-production'] !== true) {
    throw new CommandError(
      'The simulator lets anybody sign in as anybody, so it does not start with NODE_ENV=production. Give --allow-in-production ' +
        'if this machine only looks like production.',
    )
  }
  const { apple, environment } = prepare(options)
  // From here on: whoever reads that it runs may stop it at once.
  const stopped = io.untilStopped()
  try {
    await apple.listen({ port, host: options.host ?? '127.0.0.1' })
  } catch (error) {
    throw explain(error, port)
  }
  io.stdout.write(
    `# Apple, simulated, at ${apple.url}\n# Empty is absent: what another file sets there does not count.\n` +
      envFileLines(environment()),
  )
  io.stderr.write(
    `\nOpen ${apple.url} in a browser. Your app talks to it with the variables that were printed on stdout: put them into a ` +
      'file, and start the app with node --env-file=<file>.\nThe key is a new one at each start. Ctrl-C stops the simulator.\n',
  )
  await stopped
  await apple.close()
  return exitCodes.fine
}

/** Makes the simulator and registers one app; what it does not take is a mistake on the command line. */
function prepare(options: OptionValues<typeof specs>): {
  apple: AppleSimulator
  environment: () => Record<string, string>
} {
  const size = options['school-size']
  try {
    const apple = createAppleSimulator({
      ...(options['state-file'] !== undefined && { stateFile: options['state-file'] }),
      ...(size !== undefined && { schoolSize: wholeNumber('school-size', size, 10_000_000) }),
      allowInProduction: options['allow-in-production'] === true,
    })
    const app = apple.createClient({
      service: parseService(options.service ?? 'account-data-sharing'),
      clientId: options['client-id'] ?? 'com.example.app',
      redirectUris: options['redirect-uri'] ?? ['http://localhost:3000/auth/apple/callback'],
      ...(options['notification-url'] !== undefined && { notificationUrl: options['notification-url'] }),
      ...(options['env-prefix'] !== undefined && { envPrefix: options['env-prefix'] }),
    })
    return { apple, environment: () => app.environment }
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (error instanceof TypeError) throw new UsageError(error.message)
    throw new CommandError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(option: string, text: string, largest: number): number {
  if (/^\d{1,8}$/.test(text) && Number(text) <= largest) return Number(text)
  throw new UsageError(`The option --${option} takes a whole number from 0 to ${String(largest)}.`)
}

/** The simulator's own sentences speak of a function's options; here there are command line options. */
function explain(error: unknown, port: number): Error {
  const { cause, message } = error as Error
  const { code } = (cause ?? {}) as NodeJS.ErrnoException
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const why = code === 'EACCES' ? 'may not be used' : 'is already in use: perhaps the simulator runs there already'
    return new CommandError(
      `Port ${String(port)} ${why}. Choose another one, such as --port 3101, or any free one with --port 0.`,
    )
  }
  return cause === undefined ? new UsageError(message) : new CommandError(message)
}
