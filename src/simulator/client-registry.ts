import { createPublicKey, type KeyObject } from 'node:crypto'
import { requireKnownNames } from './known-names.js'
import { requireNotificationUrl } from './notification-url.js'
import { requireRedirectUri } from './redirect-uri.js'
import { serviceNames, services, type SimulatorService } from './services.js'

/** A key of the developer portal: its public half and what it may be used for. */
export interface SimulatorClientKey {
  /** Ten characters A-Z 0-9: the `kid` of the client secret. */
  readonly keyId: string
  /** EC P-256, PEM or KeyObject. */
  readonly publicKey: string | KeyObject
  readonly services: readonly SimulatorService[]
}

/** An app as it is registered in Apple's developer portal. */
export interface SimulatorClient {
  /** App ID or Services ID; must not contain the Team ID. */
  readonly clientId: string
  /** Ten characters A-Z 0-9. */
  readonly teamId: string
  readonly keys: readonly SimulatorClientKey[]
  /** Return URLs, compared byte for byte. None for the bundle id of a native app, which has Sign in with Apple alone. */
  readonly redirectUris: readonly string[]
  readonly services: readonly SimulatorService[]
  /** Scopes the app may ask for. Default: all that its services know, `edu.rosterapi.test.read` included. */
  readonly scopes?: readonly string[]
  /** Apps of one team with the same group share a person's consent. Default: the client id. */
  readonly groupId?: string
  /** The server-to-server notification endpoint: https, or http on loopback. Default: none, the app is told nothing. */
  readonly notificationUrl?: string
}

/** A client after the checks: defaults filled in, keys parsed. */
export interface RegisteredClient {
  readonly clientId: string
  readonly teamId: string
  readonly keys: readonly (SimulatorClientKey & { readonly publicKey: KeyObject })[]
  readonly redirectUris: readonly string[]
  readonly services: readonly SimulatorService[]
  readonly scopes: readonly string[]
  /** Team and group in one string, because a group never spans teams. */
  readonly consentGroup: string
  readonly notificationUrl: string | undefined
}

/** The registered apps. */
export interface ClientRegistry {
  readonly register: (client: SimulatorClient) => void
  readonly find: (clientId: string | undefined) => RegisteredClient | undefined
  /** All of them, in the order of their registration. */
  readonly list: () => readonly RegisteredClient[]
  /** The first team that registered an app: it sees people's ids as they are. */
  readonly firstTeamId: () => string | undefined
}

const clientNames = ['clientId', 'teamId', 'keys', 'redirectUris', 'services', 'scopes', 'groupId', 'notificationUrl']
const keyNames = ['keyId', 'publicKey', 'services']

/**
 * Starts an empty registry.
 * `register` checks what Apple's portal checks.
 */
export function createClientRegistry(): ClientRegistry {
  const clients = new Map<string, RegisteredClient>()
  return {
    register(client) {
      const registered = parseClient(client)
      if (clients.has(registered.clientId))
        throw new TypeError(`The client ${registered.clientId} is already registered.`)
      clients.set(registered.clientId, registered)
    },
    find: (clientId) => (clientId === undefined ? undefined : clients.get(clientId)),
    list: () => [...clients.values()],
    firstTeamId: () => clients.values().next().value?.teamId,
  }
}

/**
 * Refuses an id that is not of Apple's form.
 * @throws TypeError unless the id has ten characters A-Z 0-9
 */
export function requireTenCharacters(what: string, id: string): void {
  if (!/^[A-Z0-9]{10}$/.test(id)) throw new TypeError(`The ${what} "${id}" must have ten characters, A-Z and 0-9.`)
}

/**
 * Checks one client and fills in the defaults.
 * @throws TypeError with the first mistake and what to write instead
 */
function parseClient(client: SimulatorClient): RegisteredClient {
  const { clientId, teamId, keys, redirectUris, notificationUrl } = client
  requireKnownNames('A simulator client', client, clientNames)
  if (!/^[A-Za-z0-9._-]{1,255}$/.test(clientId)) {
    throw new TypeError('The clientId must be an App ID or Services ID such as com.example.app.')
  }
  requireTenCharacters('teamId', teamId)
  if (clientId.includes(teamId)) throw new TypeError(`The clientId ${clientId} must not contain the Team ID ${teamId}.`)
  const known = requireServices(`client ${clientId}`, client.services)
  if (redirectUris.length === 0 && known.includes('account-data-sharing')) {
    throw new TypeError(`The client ${clientId} needs at least one redirect URI.`)
  }
  redirectUris.forEach(requireRedirectUri)
  if (notificationUrl !== undefined) requireNotificationUrl(notificationUrl)
  if (keys.length === 0) throw new TypeError(`The client ${clientId} needs at least one key.`)
  return Object.freeze({
    clientId,
    teamId,
    keys: keys.map(parseKey),
    redirectUris: [...redirectUris],
    services: known,
    scopes: parseAllowedScopes(client),
    consentGroup: `${teamId}/${client.groupId ?? clientId}`,
    notificationUrl,
  })
}

function parseKey(key: SimulatorClientKey): SimulatorClientKey & { publicKey: KeyObject } {
  requireKnownNames('A client key', key, keyNames)
  requireTenCharacters('keyId', key.keyId)
  const known = requireServices(`key ${key.keyId}`, key.services)
  return { keyId: key.keyId, publicKey: parsePublicKey(key), services: known }
}

function parsePublicKey({ keyId, publicKey }: SimulatorClientKey): KeyObject {
  let key: KeyObject
  try {
    key = typeof publicKey === 'string' || publicKey.type === 'private' ? createPublicKey(publicKey) : publicKey
  } catch (cause) {
    throw new TypeError(`The public key ${keyId} cannot be read: give a PEM or a KeyObject.`, { cause })
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new TypeError(`The public key ${keyId} must be an EC key on P-256.`)
  }
  return key
}

function requireServices(whose: string, names: readonly SimulatorService[]): readonly SimulatorService[] {
  const unknown = names.find((name) => !serviceNames.includes(name))
  if (names.length === 0 || unknown !== undefined) {
    throw new TypeError(`The services of ${whose} must be one or both of ${serviceNames.join(', ')}.`)
  }
  return [...names]
}

function parseAllowedScopes(client: SimulatorClient): readonly string[] {
  const known = client.services.flatMap((service) => services[service].scopes)
  const unknown = client.scopes?.find((scope) => !known.includes(scope))
  if (unknown !== undefined) {
    throw new TypeError(
      `The scope ${unknown} of ${client.clientId} is unknown. Its services know: ${known.join(', ')}.`,
    )
  }
  return [...(client.scopes ?? known)]
}
