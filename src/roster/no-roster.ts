import { AppleRosterError } from '../errors.js'
import type { AccessTokens } from './roster-client.js'

/** The access tokens of a service that opens no Roster API. */
export const noRoster: AccessTokens = {
  current: refuse,
  renewed: refuse,
}

function refuse(): Promise<never> {
  return Promise.reject(
    new AppleRosterError(
      "Sign in with Apple opens no Roster API: use an instance whose service is 'account-data-sharing'.",
      undefined,
    ),
  )
}
