import { createTransferBook, type TransferBook } from './app-transfer/transfer-book.js'
import type { AuthorizationRequest } from './authorization-request.js'
import { BoundedMap } from './bounded-map.js'
import { createClientRegistry, type ClientRegistry } from './client-registry.js'
import { createDirectory, isManaged, type Directory } from './directory.js'
import type { SimulatorPerson } from './person.js'
import { createFaults, type Faults } from './faults.js'
import { createGrantBook, type GrantBook } from './grant-book.js'
import { createOutbox, type Outbox } from './notifications/outbox.js'
import { createPageTokens, type PageTokens } from './page-token.js'
import { createRequestLog, type RequestLog } from './request-log.js'
import { createRosters, type Rosters } from './school/rosters.js'
import { createSigningKeys, type SigningKeys } from './signing-keys.js'
import type { AppleSimulatorOptions, SimulatorConfig } from './simulator-options.js'
import { openStateFile } from './state-file.js'
import { consumerSubject, managedSubject } from './subject.js'
import { createTokenBook, type TokenBook } from './token-book.js'
import { recordNotification } from './window/record-delivery.js'
import { createSimulatorWindow, type SimulatorWindow } from './window/simulator-window.js'

/** Everything one simulator knows; the routes read and change it, nothing else does. */
export interface SimulatorState {
  readonly config: SimulatorConfig
  readonly clients: ClientRegistry
  readonly directory: Directory
  readonly grants: GrantBook
  readonly tokens: TokenBook
  /** Apps that go to another team; like registrations they end with the process. */
  readonly transfers: TransferBook
  readonly keys: SigningKeys
  readonly requests: RequestLog
  readonly rosterOf: Rosters
  readonly pageTokens: PageTokens
  readonly faults: Faults
  readonly outbox: Outbox
  readonly window: SimulatorWindow
  /** Consent pages that were shown, by their unguessable id; they stay, so that Back and Reload work. */
  readonly consents: Map<string, AuthorizationRequest>
  /** The issuer: where the simulator is reached. @throws Error before `listen()` when there is no baseUrl */
  readonly url: () => string
  /** The `sub` of a person for one team: different teams see different ones. */
  readonly subject: (person: SimulatorPerson, teamId: string) => string
  /** Writes consents and tokens to the state file, if there is one and they changed. @throws Error naming the file */
  readonly save: () => void
}

/**
 * Builds the state of a new simulator.
 * @throws TypeError when a client, a person or a school is wrong
 * @throws Error when the state file is damaged, or cannot be read or written
 */
export function createSimulatorState(
  config: SimulatorConfig,
  { clients = [], people, schools }: AppleSimulatorOptions,
  url: () => string,
): SimulatorState {
  const registry = createClientRegistry()
  clients.forEach(registry.register)
  const directory = createDirectory(people, schools)
  const grants = createGrantBook(config.now)
  const tokens = createTokenBook(config.now)
  const keys = createSigningKeys()
  const subject = createSubject(registry)
  const { schoolSize, rosterRoles, stateFile } = config
  const hasRoles = rosterRoles === 'sent'
  const window = createSimulatorWindow()
  return {
    config,
    clients: registry,
    directory,
    grants,
    tokens,
    transfers: createTransferBook(config.now),
    keys,
    requests: createRequestLog(),
    rosterOf: createRosters({ directory, clients: registry, subject, schoolSize, hasRoles }),
    pageTokens: createPageTokens(),
    faults: createFaults(),
    outbox: createOutbox(keys, config, (attempt) => {
      recordNotification(window, attempt)
    }),
    window,
    consents: new BoundedMap(10_000),
    url,
    subject,
    save: openStateFile(stateFile, { directory, grants, tokens }),
  }
}

function createSubject(registry: ClientRegistry): SimulatorState['subject'] {
  return function subject(person, teamId) {
    // The first team sees ids as they are listed, which keeps development and tests readable.
    if (teamId === registry.firstTeamId()) return person.id
    const seed = `${teamId} ${person.id}`
    return isManaged(person) ? managedSubject(seed) : consumerSubject(seed)
  }
}
