import { generateKeyPairSync } from 'node:crypto'
import { requireTenCharacters, type SimulatorClient } from './client-registry.js'
import { requireKnownNames } from './known-names.js'
import { serviceNames, type SimulatorService } from './services.js'

/** What `createClient` needs; the rest of a registration is made up. */
export interface CreateClientOptions {
  readonly service: SimulatorService
  readonly redirectUris: readonly string[]
  /** Default: `com.example.app1`, `com.example.app2` and so on. */
  readonly clientId?: string
  /** Default: `SIMTEAM001`. */
  readonly teamId?: string
  /** Default: `SIMKEY0001`, `SIMKEY0002` and so on. */
  readonly keyId?: string
  /** Scopes the app may ask for. Default: all that the service knows. */
  readonly scopes?: readonly string[]
  /** Default: the client id. */
  readonly groupId?: string
  /** The server-to-server notification endpoint: https, or http on loopback. Default: none, the app is told nothing. */
  readonly notificationUrl?: string
  /** Native apps of the same team, key and group, for `signInOnDevice`; registered as well. Default: none. */
  readonly bundleIds?: readonly string[]
  /** How the names in `environment` begin, as in `appleAuth({ envPrefix })`. Default: `APPLE_`. */
  readonly envPrefix?: string
}

/** What the developer portal hands over once. */
export interface ClientCredentials {
  readonly clientId: string
  readonly teamId: string
  readonly keyId: string
  /** PKCS#8 PEM, like a .p8 file. */
  readonly privateKey: string
  /**
   * The variables (APPLE_*, or with `envPrefix`) that point an app at this simulator; those that would be in the way are
   * empty, which is absent.
   * @throws Error before `listen()` when there is no baseUrl
   */
  readonly environment: Record<string, string>
}

const optionNames: Record<keyof CreateClientOptions, true> = {
  service: true,
  redirectUris: true,
  clientId: true,
  teamId: true,
  keyId: true,
  scopes: true,
  groupId: true,
  notificationUrl: true,
  bundleIds: true,
  envPrefix: true,
}

/**
 * Makes a P-256 key pair and the registration that goes with it; `number` makes ids differ.
 * @throws TypeError for an unknown option or service, and for an envPrefix that no instance takes
 */
export function createClientCredentials(
  options: CreateClientOptions,
  number: number,
  url: () => string,
): { clients: readonly SimulatorClient[]; credentials: ClientCredentials } {
  requireKnownNames('createClient', options, Object.keys(optionNames))
  const { service, redirectUris, scopes, groupId, notificationUrl, bundleIds = [], envPrefix = 'APPLE_' } = options
  if (!serviceNames.includes(service)) throw new TypeError(`The service must be one of ${serviceNames.join(', ')}.`)
  const clientId = options.clientId ?? `com.example.app${String(number)}`
  const teamId = options.teamId ?? 'SIMTEAM001'
  const keyId = options.keyId ?? `SIMKEY${String(number).padStart(4, '0')}`
  requireTenCharacters('keyId', keyId)
  requireEnvPrefix(envPrefix)
  const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const privateKey = key.export({ format: 'pem', type: 'pkcs8' }).toString()
  const client: SimulatorClient = {
    clientId,
    teamId,
    keys: [{ keyId, publicKey, services: [service] }],
    redirectUris,
    services: [service],
    ...(scopes !== undefined && { scopes }),
    ...(groupId !== undefined && { groupId }),
    ...(notificationUrl !== undefined && { notificationUrl }),
  }
  const { keys, services } = client
  const apps = bundleIds.map((bundleId) => {
    return { clientId: bundleId, teamId, keys, redirectUris: [], services, groupId: groupId ?? clientId }
  })
  const credentials: ClientCredentials = {
    ...{ clientId, teamId, keyId, privateKey },
    get environment() {
      return {
        // What an app has set for its own Apple must not stand beside the rest.
        [`${envPrefix}PRIVATE_KEY_FILE`]: '',
        [`${envPrefix}CLIENT_SECRET`]: '',
        [`${envPrefix}ISSUER`]: '',
        [`${envPrefix}AUDIENCES`]: bundleIds.join(','),
        [`${envPrefix}SERVICE`]: service,
        [`${envPrefix}CLIENT_ID`]: clientId,
        [`${envPrefix}TEAM_ID`]: teamId,
        [`${envPrefix}KEY_ID`]: keyId,
        [`${envPrefix}PRIVATE_KEY`]: privateKey,
        [`${envPrefix}REDIRECT_URI`]: redirectUris[0] ?? '',
        [`${envPrefix}BASE_URL`]: url(),
        [`${envPrefix}ROSTER_BASE_URL`]: url(),
      }
    },
  }
  return { clients: [client, ...apps], credentials }
}

function requireEnvPrefix(envPrefix: string): void {
  if (typeof envPrefix !== 'string' || !/^[A-Z][A-Z0-9_]*_$/.test(envPrefix)) {
    throw new TypeError(
      'The envPrefix must be capital letters, digits and underscores, beginning with a letter and ending with an ' +
        'underscore, such as APPLE_SCHOOL_.',
    )
  }
}
