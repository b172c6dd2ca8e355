import type { AuthorizationRequest } from './authorization-request.js'
import { BoundedMap } from './bounded-map.js'
import { createClientRegistry, type ClientRegistry } from './client-registry.js'
import { createDirectory, isManaged, type Directory } from './directory.js'
import type { SimulatorPerson } from './person.js'
import { createGrantBook, type GrantBook } from './grant-book.js'
import { createRequestLog, type RequestLog } from './request-log.js'
import { createSigningKeys, type SigningKeys } from './signing-keys.js'
import type { AppleSimulatorOptions, SimulatorConfig } from './simulator-options.js'
import { consumerSubject, managedSubject } from './subject.js'
import { createTokenBook, type TokenBook } from './token-book.js'

/** Everything one simulator knows; the routes read and change it, nothing else does. */
export interface SimulatorState {
  readonly config: SimulatorConfig
  readonly clients: ClientRegistry
  readonly directory: Directory
  readonly grants: GrantBook
  readonly tokens: TokenBook
  readonly keys: SigningKeys
  readonly requests: RequestLog
  /** Consent pages that were shown, by their unguessable id; they stay, so that Back and Reload work. */
  readonly consents: Map<string, AuthorizationRequest>
  /** The issuer: where the simulator is reached. @throws Error before `listen()` when there is no baseUrl */
  readonly url: () => string
  /** The `sub` of a person for one team: different teams see different ones. */
  readonly subject: (person: SimulatorPerson, teamId: string) => string
}

/**
 * Builds the state of a new simulator.
 * @throws TypeError when a client, a person or a school is wrong
 */
export function createSimulatorState(
  config: SimulatorConfig,
  { clients = [], people, schools }: AppleSimulatorOptions,
  url: () => string,
): SimulatorState {
  const registry = createClientRegistry()
  clients.forEach(registry.register)
  return {
    config,
    clients: registry,
    directory: createDirectory(people, schools),
    grants: createGrantBook(),
    tokens: createTokenBook(config.now),
    keys: createSigningKeys(),
    requests: createRequestLog(),
    consents: new BoundedMap(10_000),
    url,
    subject(person, teamId) {
      // The first team sees ids as they are listed, which keeps development and tests readable.
      if (teamId === registry.firstTeamId()) return person.id
      const seed = `${teamId} ${person.id}`
      return isManaged(person) ? managedSubject(seed) : consumerSubject(seed)
    },
  }
}
