import { signClientSecret } from '../apple/client-secret.js'
import { readCredentials } from '../config/credentials.js'
import { readSettings, type Settings } from '../config/settings.js'
import { text } from '../config/values.js'
import { CommandError } from './command-errors.js'
import { type CommandIo, exitCodes } from './command-io.js'
import { requirePrefix } from './env-prefix.js'
import { readEnvironment } from './environment.js'
import { asDate, inWords, parseLifetime } from './lifetime.js'
import { parseOptions } from './parse-options.js'

/** Prints a client secret and nothing else on stdout, and when it ends on stderr; gives the exit code. */
export async function clientSecret(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = parseOptions('client-secret', argv, {
    lifetime: { type: 'string' },
    'env-file': { type: 'string', multiple: true },
    'env-prefix': { type: 'string' },
    json: { type: 'boolean' },
  })
  const lifetimeSeconds = parseLifetime(options.lifetime ?? '180d')
  const { variables } = readEnvironment(io.env, options['env-file'] ?? [])
  const { clientId, key } = readKey(variables, options['env-prefix'], io)
  const issuedAt = Math.floor(Date.now() / 1000)
  const secret = await signClientSecret(clientId, key, issuedAt, lifetimeSeconds)
  const expiresAt = issuedAt + lifetimeSeconds
  if (options.json === true) {
    const { teamId, keyId } = key
    const facts = { clientSecret: secret, clientId, teamId, keyId, lifetimeSeconds }
    io.stdout.write(`${JSON.stringify({ ...facts, expiresAt: new Date(expiresAt * 1000).toISOString() }, null, 2)}\n`)
  } else {
    io.stdout.write(`${secret}\n`)
    io.stderr.write(
      `Lives for ${inWords(lifetimeSeconds)}, until ${asDate(expiresAt)}. Whoever has it can act as this app.\n`,
    )
  }
  return exitCodes.fine
}

/** Reads what a secret is made from, and that alone: a redirect URI need not be set yet. */
function readKey(variables: CommandIo['env'], envPrefix: string | undefined, { stderr }: CommandIo) {
  const settings = readSettings({ envPrefix }, variables)
  requirePrefix(settings)
  if (settings.has('clientSecret')) {
    throw new CommandError(
      `${settings.prefix}CLIENT_SECRET is set: it is a client secret already, and there is no key in it to make another one from. ` +
        `Give ${settings.prefix}PRIVATE_KEY_FILE or ${settings.prefix}PRIVATE_KEY in its place.`,
    )
  }
  const clientId = settings.readRequired('clientId', text, 'the Services ID (or App ID) registered with Apple')
  const credentials = readCredentials(settings, clientId, (message) => stderr.write(`${message}\n`))
  if (settings.problems.length > 0 || clientId === undefined || credentials?.kind !== 'key') {
    throw new CommandError(`There is no client secret to be made:\n${describeProblems(settings).join('\n')}`)
  }
  return { clientId, key: credentials }
}

/** The configuration's own sentence about an absent key offers a ready-made client secret too, which is of no use here. */
function describeProblems(settings: Settings): string[] {
  const { prefix, problems } = settings
  const hasKey = settings.has('privateKey') || settings.has('privateKeyFile')
  return problems.map(({ variable, option, message }) =>
    option === 'privateKey' && !hasKey
      ? `  ${prefix}PRIVATE_KEY is missing: give the .p8 there, or its path as ${prefix}PRIVATE_KEY_FILE.`
      : `  ${variable ?? option} ${message}.`,
  )
}
