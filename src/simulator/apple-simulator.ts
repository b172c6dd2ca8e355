import type { Express } from 'express'
import { createClientCredentials, type ClientCredentials, type CreateClientOptions } from './client-credentials.js'
import type { SimulatorClient } from './client-registry.js'
import type { FaultOptions } from './faults.js'
import type { SimulatorPerson } from './person.js'
import type { GrantFilter } from './grant-book.js'
import { requireKnownNames } from './known-names.js'
import { endConsents } from './notifications/end-consents.js'
import { notify } from './notifications/notify.js'
import type { NotifyOptions } from './notifications/notify-options.js'
import { withoutProgress, type SimulatorNotification } from './notifications/outbox.js'
import { createLoopbackServer, type ListenOptions } from './loopback-server.js'
import type { SimulatorRequest } from './request-log.js'
import { createSimulatorApp } from './simulator-app.js'
import { parseSimulatorOptions, type AppleSimulatorOptions } from './simulator-options.js'
import { createSimulatorState, type SimulatorState } from './simulator-state.js'

/** Apple, pretended, for development and tests. */
export interface AppleSimulator {
  /** The Express app, for mounting elsewhere; then give `baseUrl`. */
  readonly app: Express
  /** The issuer and base of all endpoints. @throws Error before `listen()` when there is no `baseUrl` */
  readonly url: string
  /** Everybody who may be on the consent page, by `id`. */
  readonly people: readonly SimulatorPerson[]
  /** The latest 1000 requests, oldest first; without secrets, tokens and codes. */
  readonly requests: readonly SimulatorRequest[]
  /** Starts an HTTP server on loopback and resolves to `url`. @throws Error when the host or the port cannot be had */
  readonly listen: (options?: ListenOptions) => Promise<string>
  /** Stops the server, cuts its connections and gives up notifications; may be called again and again. */
  readonly close: () => Promise<void>
  /** Registers an app. @throws TypeError when Apple's portal would not take it */
  readonly registerClient: (client: SimulatorClient) => void
  /** Makes a key pair, registers an app with it and hands over what the app needs. */
  readonly createClient: (options: CreateClientOptions) => ClientCredentials
  /** Lets a new signing key in and the oldest out, as Apple does every few weeks. */
  readonly rotateKeys: () => Promise<void>
  /**
   * Ends consents as a person or school does in the account settings, and tells their apps `consent-revoked` in the
   * background; answers how many ended. Default: all of them.
   */
  readonly revokeGrant: (filter?: GrantFilter) => number
  /**
   * Lets something happen and tells one app about it, as Apple does server to server. `consent-revoked` ends the consent
   * it speaks of, `account-deleted` every consent of that person, or of that school for Data Sharing. Resolves when the
   * app answered 200, the attempts are used up, or the simulator is closed.
   * @throws TypeError for options that make no sense
   * @throws Error when there is no url, and after `close()`
   */
  readonly notify: (options: NotifyOptions) => Promise<SimulatorNotification>
  /** The latest 1000 notifications, oldest first, as they stand; without tokens. */
  readonly notifications: readonly SimulatorNotification[]
  /** Ends every access token at once; refresh tokens stay. */
  readonly expireAccessTokens: () => void
  /** Lets the next requests that fit fail, be late, or get no answer. @throws TypeError for options that make no sense */
  readonly fail: (fault: FaultOptions) => void
  /** Calls off every fault that did not strike yet. */
  readonly behave: () => void
  /** The `sub` that a team sees for a person. Default team: the first that registered an app. */
  readonly subject: (personId: string, teamId?: string) => string
}

/**
 * Creates a simulator: strict where Apple is strict, with Apple's answers.
 * @throws TypeError for wrong options
 * @throws Error in production without `allowInProduction`, or when the state file is damaged or cannot be written
 */
export function createAppleSimulator(options: AppleSimulatorOptions = {}): AppleSimulator {
  const config = parseSimulatorOptions(options)
  const state = createSimulatorState(config, options, url)
  const app = createSimulatorApp(state)
  const server = createLoopbackServer(app)
  let clientsCreated = 0

  function url(): string {
    const found = config.baseUrl ?? server.url()
    if (found === undefined) throw new Error('The Apple simulator has no url yet: await listen(), or give baseUrl.')
    return found
  }

  return {
    app,
    get url() {
      return url()
    },
    people: state.directory.people,
    get requests() {
      return state.requests.list()
    },
    async listen(where) {
      await server.listen(where)
      state.outbox.open()
      return url()
    },
    async close() {
      await Promise.all([state.outbox.close(), server.close()])
    },
    registerClient: state.clients.register,
    createClient(wanted) {
      const { client, credentials } = createClientCredentials(wanted, ++clientsCreated, url)
      state.clients.register(client)
      return credentials
    },
    rotateKeys: state.keys.rotate,
    revokeGrant: (filter = {}) => revokeGrant(state, filter),
    notify: (options) => notify(state, options),
    get notifications() {
      return state.outbox.list().map(withoutProgress)
    },
    expireAccessTokens() {
      state.tokens.expireAccessTokens()
      state.save()
    },
    fail: state.faults.add,
    behave: state.faults.clear,
    subject: (personId, teamId) => subject(state, personId, teamId),
  }
}

function revokeGrant(state: SimulatorState, filter: GrantFilter): number {
  requireKnownNames('revokeGrant', filter, ['clientId', 'personId', 'organizationId'])
  const { clientId, personId, organizationId } = filter
  const client = state.clients.find(clientId)
  if (clientId !== undefined && client === undefined) throw new TypeError(`The client ${clientId} is not registered.`)
  return endConsents(
    state,
    (grant) =>
      (client === undefined || grant.consentGroup === client.consentGroup) &&
      (personId === undefined || grant.person?.id === personId) &&
      (organizationId === undefined || grant.organizationId === organizationId),
  )
}

function subject({ clients, directory, subject }: SimulatorState, personId: string, teamId?: string): string {
  const person = directory.person(personId)
  if (person === undefined) throw new TypeError(`There is no person with the id ${personId}.`)
  return subject(person, teamId ?? clients.firstTeamId() ?? '')
}
