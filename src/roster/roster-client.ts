import type { BoundedFetch } from '../apple/bounded-fetch.js'
import { AppleRosterError } from '../errors.js'
import { type AppleOrganization, parseOrganization } from './organization.js'

/**
 * The Roster API, read with one access token's rights.
 *
 * @see https://developer.apple.com/documentation/rosterapi
 */
export interface RosterClient {
  /**
   * Reads the organization that the access token belongs to.
   *
   * @throws AppleRosterError where Apple refuses (401, 403, 404, 429, 5xx) or answers without an id
   * @throws AppleUnavailableError where Apple does not answer
   */
  organization(): Promise<AppleOrganization>
}

/** Makes a client over a source of access tokens. */
export function createRosterClient(
  rosterBaseUrl: string,
  boundedFetch: BoundedFetch,
  getAccessToken: () => Promise<string>,
): RosterClient {
  async function read(path: string): Promise<unknown> {
    const response = await boundedFetch(`${rosterBaseUrl}/rosterapi/v1${path}`, {
      headers: { accept: 'application/json', authorization: `Bearer ${await getAccessToken()}` },
    })
    if (response.status !== 200) {
      throw new AppleRosterError(
        `The Roster API answered ${String(response.status)} to ${path}: ${advice(response.status)}`,
        response.status,
      )
    }
    const body: unknown = await response.json().catch(() => undefined)
    return body
  }

  return {
    async organization() {
      const organization = parseOrganization(await read('/organization'))
      if (organization === undefined) {
        throw new AppleRosterError('The Roster API answered /organization without an organization id.', 200)
      }
      return organization
    },
  }
}

function advice(status: number): string {
  if (status === 401) return 'the access token is not valid (any more).'
  if (status === 403) return 'the login did not ask for a scope that allows this (edu.users.read, edu.classes.read).'
  if (status === 404) return 'there is no such thing in this organization.'
  if (status === 429) return 'too many requests; wait before the next one.'
  return 'try again later.'
}
