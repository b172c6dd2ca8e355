import type { Express } from 'express'
import { createAppTransfers, type AppTransfers } from './app-transfer/app-transfers.js'
import { createClientCredentials, type ClientCredentials, type CreateClientOptions } from './client-credentials.js'
import type { SimulatorClient } from './client-registry.js'
import { createControls, type SimulatorControls } from './controls.js'
import type { SimulatorPerson, SimulatorSchool } from './person.js'
import type { GrantFilter } from './grant-book.js'
import { signInOnDevice, type DeviceSignIn, type DeviceSignInOptions } from './native/sign-in-on-device.js'
import { notify, signNotification } from './notifications/notify.js'
import type { NotifyOptions } from './notifications/notify-options.js'
import { newPerson, newSchool, type NewPerson, type NewSchool } from './newcomers.js'
import { withoutProgress, type SimulatorNotification } from './notifications/outbox.js'
import { createLoopbackServer, type ListenOptions } from './loopback-server.js'
import type { SimulatorRequest } from './request-log.js'
import { revokeGrants } from './revoke-grants.js'
import { createSimulatorApp } from './simulator-app.js'
import { parseSimulatorOptions, type AppleSimulatorOptions } from './simulator-options.js'
import { createSimulatorState, type SimulatorState } from './simulator-state.js'
import { recordDeviceSignIn } from './window/record-device.js'

/** Apple, pretended, for development and tests. */
export interface AppleSimulator extends AppTransfers, SimulatorControls {
  /** The Express app, for mounting elsewhere; then give `baseUrl`. */
  readonly app: Express
  /** The issuer and base of all endpoints. @throws Error before `listen()` when there is no `baseUrl` */
  readonly url: string
  /** Everybody who may be on the consent page, by `id`. */
  readonly people: readonly SimulatorPerson[]
  /** Lets somebody else be on it from now on. Default id: one of Apple's form. @throws TypeError for who does not fit */
  readonly addPerson: (person: NewPerson) => SimulatorPerson
  /** Every school, Apple's test organization first. */
  readonly schools: readonly SimulatorSchool[]
  /** Lets there be another school from now on. Default id: a new UUID. @throws TypeError for what does not fit */
  readonly addSchool: (school: NewSchool) => SimulatorSchool
  /** The latest 1000 requests, oldest first; without secrets, tokens and codes. */
  readonly requests: readonly SimulatorRequest[]
  /** Starts an HTTP server on loopback and resolves to `url`. @throws Error when the host or the port cannot be had */
  readonly listen: (options?: ListenOptions) => Promise<string>
  /** Resolves when the signing keys are made, which takes a moment; else the first answer that needs them is late. */
  readonly ready: () => Promise<void>
  /** Stops the server, cuts its connections and gives up notifications; may be called again and again. */
  readonly close: () => Promise<void>
  /** Registers an app. @throws TypeError when Apple's portal would not take it */
  readonly registerClient: (client: SimulatorClient) => void
  /** Makes a key pair, registers an app with it and hands over what the app needs. */
  readonly createClient: (options: CreateClientOptions) => ClientCredentials
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
  /**
   * The same, but hands the signed JWT over instead of sending it: an app takes it as `{ payload }`. The app needs no
   * notificationUrl.
   * @throws TypeError for options that make no sense
   * @throws Error when there is no url
   */
  readonly signNotification: (options: NotifyOptions & { readonly clientId: string }) => Promise<string>
  /** The latest 1000 notifications, oldest first, as they stand; without tokens. */
  readonly notifications: readonly SimulatorNotification[]
  /**
   * Signs a person in on their own device, as an iOS app asks for it; the consent counts as one given in a browser.
   * @throws TypeError for options that make no sense
   * @throws Error before `listen()` when there is no baseUrl
   */
  readonly signInOnDevice: (options: DeviceSignInOptions) => Promise<DeviceSignIn>
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
  const server = createLoopbackServer(app, config.baseUrl)
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
    get people() {
      return state.directory.people
    },
    addPerson: (person) => state.directory.addPerson(newPerson(state.directory, person)),
    get schools() {
      return state.directory.schools
    },
    addSchool: (school) => state.directory.addSchool(newSchool(school)),
    get requests() {
      return state.requests.list()
    },
    async listen(where) {
      await server.listen(where)
      state.outbox.open()
      return url()
    },
    async ready() {
      await state.keys.jwks()
    },
    async close() {
      for (const end of state.window.streams) end()
      await Promise.all([state.outbox.close(), server.close()])
    },
    registerClient: state.clients.register,
    createClient(wanted) {
      const { clients, credentials } = createClientCredentials(wanted, ++clientsCreated, url)
      clients.forEach(state.clients.register)
      return credentials
    },
    revokeGrant: (filter = {}) => revokeGrants(state, filter),
    notify: (options) => notify(state, options),
    signNotification: (options) => signNotification(state, options),
    signInOnDevice: async (options) => recordDeviceSignIn(state, options, await signInOnDevice(state, options)),
    ...createAppTransfers(state),
    ...createControls(state),
    get notifications() {
      return state.outbox.list().map(withoutProgress)
    },
    subject: (personId, teamId) => subject(state, personId, teamId),
  }
}

function subject({ clients, directory, subject }: SimulatorState, personId: string, teamId?: string): string {
  const person = directory.person(personId)
  if (person === undefined) throw new TypeError(`There is no person with the id ${personId}.`)
  return subject(person, teamId ?? clients.firstTeamId() ?? '')
}
