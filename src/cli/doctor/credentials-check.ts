import type { AppleAuthConfig } from '../../config/config.js'
import { asDate } from '../lifetime.js'
import { type Check, ok, problem } from './check.js'
import { capability, invalidClientCauses } from './invalid-client-causes.js'
import { keyIdOfFile } from './key-check.js'
import type { Patient } from './patient.js'
import { findRemedy, otherService, type Remedy, tryCredentials } from './try-credentials.js'
import type { WatchedFetch } from './watched-fetch.js'

/** From here on, in seconds, the clock is a cause of `invalid_client`: either way our secrets are outside of their time. */
const clockMattersSeconds = 300

/**
 * Asks Apple whether it takes the credentials; where not, says why as far as that can be found out. `isClientKnown`:
 * whether Apple's sign-in page opens for the client id.
 */
export async function checkCredentials(
  patient: Patient,
  config: AppleAuthConfig,
  { boundedFetch, difference }: WatchedFetch,
  isClientKnown: boolean,
): Promise<Check> {
  const verdict = await tryCredentials(config, boundedFetch)
  if (verdict.kind === 'unavailable') {
    return problem('apple-credentials', verdict.error.message, 'Run this again in a few minutes.')
  }
  if (verdict.kind === 'tokens') {
    return problem(
      'apple-credentials',
      'The token endpoint gave tokens for a made-up code, so it is neither Apple nor the simulator.',
      `Correct ${patient.variable('baseUrl')}.`,
    )
  }
  const { appleError } = verdict
  if (appleError === 'invalid_grant') {
    return ok(
      'apple-credentials',
      'Apple takes the client secret: it refused a made-up code with invalid_grant, as it should.',
    )
  }
  if (appleError !== 'invalid_client') return otherError(patient, config, appleError)
  if (Math.abs(difference() ?? 0) > clockMattersSeconds) return wrongClock(difference() ?? 0)
  const remedy = await findRemedy(config, keyIdOfFile(patient), boundedFetch)
  if (remedy !== undefined) return remedied(patient, config, remedy)
  return problem(
    'apple-credentials',
    'Apple answers invalid_client: it does not take these credentials, and never says why. What it may be, likeliest first:',
    ...invalidClientCauses(patient, config, isClientKnown),
  )
}

function wrongClock(difference: number): Check {
  return problem(
    'apple-credentials',
    "Apple answers invalid_client, which this machine's clock explains: the client secret has Apple's time wrong.",
    `Set the clock first: it is ${asDate(Date.now() / 1000 - difference)} at Apple. Then run this again.`,
  )
}

function remedied({ variable, raw }: Patient, config: AppleAuthConfig, remedy: Remedy): Check {
  switch (remedy) {
    case 'other-service': {
      const other = otherService(config)
      return problem(
        'apple-credentials',
        `Apple does not take these credentials for ${config.service} (invalid_client), but for ${other}.`,
        `If the app is to use ${other}: set ${variable('service')}=${other}, or the service option in its code.`,
        `Otherwise give a key that has the capability ${capability(config)}, and its id.`,
      )
    }
    case 'swapped':
      return problem(
        'apple-credentials',
        `${variable('teamId')} and ${variable('keyId')} are swapped: Apple answers invalid_client, and takes them the other way round.`,
        'Exchange the two values.',
      )
    case 'key-id-of-file':
      return problem(
        'apple-credentials',
        `${variable('keyId')} is wrong: Apple answers invalid_client, and takes the key id that the file is named after.`,
        `Set ${variable('keyId')} to the ten characters in the name of ${variable('privateKeyFile')}, ${raw('privateKeyFile') ?? ''}`,
      )
  }
}

function otherError({ variable }: Patient, config: AppleAuthConfig, appleError: string): Check {
  return problem(
    'apple-credentials',
    `Apple answered ${appleError} to a made-up code, where invalid_grant was to be expected.`,
    `Look at the configuration of ${capability(config)} for the client id at Apple: it may be unfinished or of another kind.`,
    `If ${variable('baseUrl')} is set: what answers there may not be Apple.`,
  )
}
