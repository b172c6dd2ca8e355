import { createBoundedFetch } from './apple/bounded-fetch.js'
import { createAppleClient } from './apple/client.js'
import { createClientSecret } from './apple/client-secret.js'
import { createIdTokenVerifier } from './apple/id-token.js'
import { createKeySet, findInTurn } from './apple/key-set.js'
import { createNotificationVerifier } from './apple/notification.js'
import { createRefresh, type RenewedTokens } from './apple/refresh.js'
import type { AppleAuthConfig } from './config/config.js'
import { type Connections, createConnections } from './connections/connections.js'
import { AppleRosterError } from './errors.js'
import { createEvents } from './events.js'
import type { Instance } from './http/instance.js'
import { createTakeNotification } from './http/take-notification.js'
import { createOncePerKey } from './once-per-key.js'
import { createRevocations, type Revocations, type RevocationsParts } from './revocations/revocations.js'
import { type AccessTokens, createRosterClient } from './roster/roster-client.js'
import { createConnectionRecords } from './session/connection-records.js'
import { createLeases } from './session/leases.js'
import { createLoginRecords } from './session/login-record.js'
import { openStore } from './session/open-store.js'
import { createOwedRevocations } from './session/owed-revocations.js'
import { createPendingLogins } from './session/pending-logins.js'
import { createRenewedConsents } from './session/renewed-consents.js'
import { createRevocationMarks } from './session/revocation-marks.js'
import { createSealing } from './session/sealing.js'
import { createSeenNotifications } from './session/seen-notifications.js'
import { createStore, type Store } from './session/store.js'

/** How long a callback's result serves the same request when it comes again, in milliseconds: a Reload, a second click. */
const callbackKeptMs = 10 * 1000
/** How long a refresh's result serves requests that began before it ended, in milliseconds. */
const refreshKeptMs = 30 * 1000

/** Wires one configured instance. */
export function createInstance(config: AppleAuthConfig, warnOnce: Instance['warnOnce']): Instance {
  const { clientId, tokenEncryptionKeys: keys } = config
  const boundedFetch = createBoundedFetch(config)
  const findKey = findInTurn(
    config.rules.keyPaths.map((path) => createKeySet(`${config.baseUrl}${path}`, boundedFetch)),
  )
  const client = createAppleClient(config, createClientSecret(config), boundedFetch)
  const verifyIdToken = createIdTokenVerifier(config, findKey)
  const events = createEvents(config.name)
  const refreshes = createOncePerKey<RenewedTokens>({ keepMs: refreshKeptMs, keepFailures: false })
  const refresh = createRefresh(client, verifyIdToken, refreshes, ({ sub, organizationId }, { expiresAt }) => {
    events.emit('refresh', { sub, organizationId, expiresAt: new Date(expiresAt * 1000) })
  })
  const roster: Instance['roster'] = (accessTokens, patience) =>
    createRosterClient(config.rosterBaseUrl, boundedFetch, config.rules.hasRoster ? accessTokens : noRoster, patience)

  const isShared = config.store !== undefined || config.storeUrl !== undefined
  const { store, closeStore } = openInstanceStore(config, warnOnce)
  const leases = createLeases(store, isShared)
  const marks = createRevocationMarks(store, clientId)
  // Each needs the other: a logout that revokes disconnects the school, and disconnecting a school revokes.
  let connections: Connections | undefined = undefined
  const revocations = wireRevocations({ config, store, leases, client, events, isShared }, () => connections)
  if (config.rules.hasRoster) {
    const records = createConnectionRecords(store, clientId, keys, events)
    const renewals = createOncePerKey<never>({ keepMs: 0, keepFailures: false })
    connections = createConnections({ records, renewals, refresh, events, revocations, createRoster: roster })
  }
  return {
    config,
    client,
    verifyIdToken,
    refresh,
    events,
    roster,
    connections,
    revocations,
    marks,
    verifyNotification: createNotificationVerifier(config, findKey),
    takeNotification: createTakeNotification({
      config,
      seen: createSeenNotifications(store, clientId),
      leases,
      marks,
      connections,
      events,
      underWay: createOncePerKey({ keepMs: 0, keepFailures: false }),
    }),
    pendingLogins: createPendingLogins(config.name),
    loginRecords: createLoginRecords(config.name, clientId, createSealing(keys, `${config.name} ${clientId}`)),
    callbacks: createOncePerKey({ keepMs: callbackKeptMs, keepFailures: true }),
    warnOnce,
    async close() {
      revocations.stop()
      await closeStore()
    },
  }
}

function wireRevocations(
  { config, store, ...parts }: { config: AppleAuthConfig; store: Store } & Omit<RevocationsParts, Derived>,
  connections: () => Connections | undefined,
): Revocations {
  return createRevocations({
    ...parts,
    records: createOwedRevocations(store, config.clientId, config.tokenEncryptionKeys),
    httpTimeoutMs: config.httpTimeoutMs,
    consents: createRenewedConsents(store, config.clientId),
    async isConnectedSince(organizationId, time) {
      return (await connections()?.isNewerThan(organizationId, time)) === true
    },
    async revoked({ organizationId, ...tokens }) {
      if (organizationId !== undefined) await connections()?.release(organizationId, tokens)
    },
  })
}

type Derived = 'records' | 'consents' | 'httpTimeoutMs' | 'isConnectedSince' | 'revoked'

function openInstanceStore(
  config: AppleAuthConfig,
  warnOnce: Instance['warnOnce'],
): { store: Store; closeStore: () => Promise<void> } {
  const variable = `${config.envPrefix}STORE_URL`
  const name = `store (option store, ${variable})`
  if (config.store === undefined && config.storeUrl === undefined && process.env.NODE_ENV === 'production') {
    const kept = config.rules.hasRoster ? 'Connected schools, ended logins' : 'Ended logins'
    warnOnce(
      'APPLE_STORE',
      `${kept} and revocations that Apple has not taken are kept in memory: they end with this process, and other nodes ` +
        `do not see them. Set store, ${variable}.`,
    )
  }
  const { open, close } = openStore(config, name, (message) => {
    warnOnce('APPLE_STORE', message)
  })
  return { store: createStore(open, name), closeStore: close }
}

const noRoster: AccessTokens = {
  current: refuseRoster,
  renewed: refuseRoster,
}

function refuseRoster(): Promise<never> {
  return Promise.reject(
    new AppleRosterError(
      "Sign in with Apple opens no Roster API: use an instance whose service is 'account-data-sharing'.",
      undefined,
    ),
  )
}
