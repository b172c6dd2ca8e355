import { fetchKeySet } from '../../apple/key-set.js'
import type { AppleAuthConfig } from '../../config/config.js'
import { AppleUnavailableError } from '../../errors.js'
import { shownUrl } from '../shown.js'
import { type Check, ok, problem } from './check.js'
import type { Patient } from './patient.js'
import { failureCode } from './visit.js'
import type { WatchedFetch } from './watched-fetch.js'

/** What came of asking for Apple's keys. */
export interface KeyFindings {
  readonly checks: readonly Check[]
  /** False where nothing answers at all, so that nothing else need be asked. */
  readonly isReachable: boolean
}

/** Fetches each key set that this service's signatures may be from. */
export async function checkAppleKeys(
  patient: Patient,
  config: AppleAuthConfig,
  { boundedFetch }: WatchedFetch,
): Promise<KeyFindings> {
  const checks: Check[] = []
  for (const path of config.rules.keyPaths) {
    const url = `${config.baseUrl}${path}`
    try {
      const keys = await fetchKeySet(url, boundedFetch)
      checks.push(ok('apple-keys', `${String(keys.length)} keys at ${shownUrl(url)}`))
    } catch (error) {
      if (!(error instanceof AppleUnavailableError)) throw error
      checks.push(unavailable(patient, config, url, error))
      if (isUnreachable(error)) return { checks, isReachable: false }
    }
  }
  return { checks, isReachable: true }
}

function isUnreachable({ details }: AppleUnavailableError): boolean {
  return details.reason === 'network' || details.reason === 'timeout'
}

function unavailable(patient: Patient, config: AppleAuthConfig, url: string, error: AppleUnavailableError): Check {
  if (!isUnreachable(error)) {
    return problem(
      'apple-keys',
      error.message,
      `Look at ${patient.variable('baseUrl')}: what answers at ${shownUrl(url)} is not Apple.`,
    )
  }
  const why =
    error.details.reason === 'timeout' ? `no answer in ${String(config.httpTimeoutMs)} ms` : failureCode(error)
  return problem('apple-keys', `${shownUrl(url)} cannot be reached (${why}).`, ...reachAdvice(patient, config))
}

function reachAdvice({ environment: { variables }, variable }: Patient, { baseUrl }: AppleAuthConfig): string[] {
  if (baseUrl.startsWith('http:')) return [`Start the simulator, or correct ${variable('baseUrl')}.`]
  const proxy = ['HTTPS_PROXY', 'https_proxy'].find((name) => variables[name])
  return [
    'Let this machine open https connections to that host: look at its firewall, DNS and certificates.',
    ...(proxy === undefined
      ? []
      : [
          `${proxy} is set, which Node's HTTP client does not use by itself: give https.globalAgent an agent that does.`,
        ]),
  ]
}
