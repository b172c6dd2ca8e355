import { UsageError } from './command-errors.js'
import { type CommandIo, exitCodes } from './command-io.js'
import { examine } from './doctor/examine.js'
import { capability } from './doctor/invalid-client-causes.js'
import { type Patient, readPatient } from './doctor/patient.js'
import { hasProblems, printJson, printReport } from './doctor/print-report.js'
import { readEnvironment } from './environment.js'
import { parseOptions } from './parse-options.js'
import { shown } from './shown.js'

/** Examines the configuration, Apple's answers and the app's /login; gives the exit code. */
export async function doctor(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = parseOptions('doctor', argv, {
    'env-file': { type: 'string', multiple: true },
    'env-prefix': { type: 'string' },
    service: { type: 'string' },
    'app-url': { type: 'string' },
    live: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  const { live: isLive = false, json = false } = options
  const appUrl = parseAppUrl(options['app-url'], isLive)
  const environment = readEnvironment(io.env, options['env-file'] ?? [])
  const patient = readPatient(environment, { envPrefix: options['env-prefix'], service: options.service })
  const findings = await examine(patient, { isLive, appUrl })
  if (json) {
    const { config, envPrefix } = patient
    printJson({ service: config?.service ?? null, envPrefix, live: isLive, version: io.version }, findings, io)
  } else {
    printReport(titleOf(patient), findings, io)
  }
  return hasProblems(findings.checks) ? exitCodes.problems : exitCodes.fine
}

function titleOf({ config, envPrefix }: Patient): string {
  if (config === undefined) return `What the variables that begin with ${envPrefix} say`
  return `${capability(config)} for ${shown(config.clientId)}, by the variables that begin with ${envPrefix}`
}

function parseAppUrl(appUrl: string | undefined, isLive: boolean): string | undefined {
  if (appUrl === undefined) return undefined
  if (!isLive) throw new UsageError('The option --app-url needs --live: without it nothing is asked over the network.')
  if (!URL.canParse(appUrl) || !/^https?:\/\/[^/?#@]+\/?$/.test(appUrl)) {
    throw new UsageError('The option --app-url takes scheme, host and port alone, such as http://127.0.0.1:3000.')
  }
  return appUrl
}
