import { type AppleAuthConfig, parseConfig } from '../../config/config.js'
import { type Credentials, readCredentials } from '../../config/credentials.js'
import { type AppleAuthOptions, variableNames } from '../../config/options.js'
import { readSettings } from '../../config/settings.js'
import { text } from '../../config/values.js'
import { AppleConfigError, type ConfigProblem } from '../../errors.js'
import type { CommandEnvironment } from '../environment.js'
import { requirePrefix } from '../env-prefix.js'
import { parseService } from '../parse-service.js'

/** What the doctor looks at: one instance's configuration as the app would read it, whole or not. */
export interface Patient {
  readonly environment: CommandEnvironment
  readonly envPrefix: string
  /** Undefined while there are problems. */
  readonly config: AppleAuthConfig | undefined
  /** The credentials, where they alone are good. */
  readonly credentials: Credentials | undefined
  readonly problems: readonly ConfigProblem[]
  /** What the configuration warns of, about the credentials. */
  readonly credentialWarnings: readonly string[]
  /** What it warns of about misspelt variables. */
  readonly slips: readonly string[]
  /** An option's variable, for sentences. */
  readonly variable: (option: keyof AppleAuthOptions) => string
  /** What an option's variable holds; undefined where it is absent or empty. */
  readonly raw: (option: keyof AppleAuthOptions) => string | undefined
}

/** Where to look. */
export interface PatientOptions {
  /** Default: `APPLE_`. */
  readonly envPrefix?: string | undefined
  /** For an app that names the service in its code. Default: the variable. */
  readonly service?: string | undefined
}

/**
 * Reads the configuration as `appleAuth({ envPrefix, service })` would.
 *
 * @throws UsageError for a prefix or a service that no instance can have
 */
export function readPatient(environment: CommandEnvironment, { envPrefix, service }: PatientOptions): Patient {
  const { variables } = environment
  const options = { envPrefix, service: service === undefined ? undefined : parseService(service) }
  const settings = readSettings(options, variables)
  requirePrefix(settings)
  const credentialWarnings: string[] = []
  const credentials = readCredentials(settings, settings.read('clientId', text), (message) => {
    credentialWarnings.push(message)
  })
  const variable = (option: keyof AppleAuthOptions): string => `${settings.prefix}${variableNames[option] ?? ''}`
  return {
    environment,
    envPrefix: settings.prefix,
    ...parse(options, variables),
    credentials,
    credentialWarnings,
    slips: settings.slips(),
    variable,
    raw: (option) => variables[variable(option)]?.trim() || undefined,
  }
}

function parse(
  options: AppleAuthOptions,
  variables: Readonly<Record<string, string | undefined>>,
): Pick<Patient, 'config' | 'problems'> {
  try {
    return { config: parseConfig(options, variables, () => undefined), problems: [] }
  } catch (error) {
    if (error instanceof AppleConfigError) return { config: undefined, problems: error.problems }
    throw error
  }
}
