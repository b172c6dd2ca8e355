import { createBoundedFetch } from './apple/bounded-fetch.js'
import { createAppleClient } from './apple/client.js'
import { createClientSecret } from './apple/client-secret.js'
import { createIdTokenVerifier } from './apple/id-token.js'
import { createKeySet, findInTurn } from './apple/key-set.js'
import { createNotificationVerifier } from './apple/notification.js'
import { createRefresh, type RenewedTokens } from './apple/refresh.js'
import { createUserMigration } from './apple/user-migration.js'
import type { AppleAuthConfig } from './config/config.js'
import { type Connections, createConnections } from './connections/connections.js'
import { createEvents } from './events.js'
import type { Instance } from './http/instance.js'
import { requestAppleOf } from './http/lazy-request-apple.js'
import { createTakeNotification } from './http/take-notification.js'
import { createOncePerKey } from './once-per-key.js'
import { openInstanceStore } from './open-instance-store.js'
import { createRevocations, type Revocations, type RevocationsParts } from './revocations/revocations.js'
import { noRoster } from './roster/no-roster.js'
import { createRosterClient } from './roster/roster-client.js'
import { createConnectionRecords } from './session/connection-records.js'
import { createLeases } from './session/leases.js'
import { createLoginRecords } from './session/login-record.js'
import { createOwedRevocations } from './session/owed-revocations.js'
import { createPersonGrants, type PersonGrants } from './session/person-grants.js'
import { createPendingLogins } from './session/pending-logins.js'
import { createRenewedConsents } from './session/renewed-consents.js'
import { createRevocationMarks } from './session/revocation-marks.js'
import { createSealing } from './session/sealing.js'
import { createSeenNotifications } from './session/seen-notifications.js'
import type { Store } from './session/store.js'
import { type AppleTransfer, createTransfer } from './transfer/transfer.js'

/** How long a callback's result serves the same request when it comes again, in milliseconds: a Reload, a second click. */
const callbackKeptMs = 10 * 1000
/** How long a refresh's result serves requests that began before it ended, in milliseconds. */
const refreshKeptMs = 30 * 1000

/** An instance, and what of it no route needs: the move to another team, undefined where nobody signs in. */
export type WiredInstance = Instance & { readonly transfer: AppleTransfer | undefined }

/** Wires one configured instance. */
export function createInstance(config: AppleAuthConfig, warnOnce: Instance['warnOnce']): WiredInstance {
  const { clientId, tokenEncryptionKeys: keys } = config
  const boundedFetch = createBoundedFetch(config)
  const findKey = findInTurn(
    config.rules.keyPaths.map((path) => createKeySet(`${config.baseUrl}${path}`, boundedFetch)),
  )
  const clientSecret = createClientSecret(config)
  const client = createAppleClient(config, clientSecret, boundedFetch)
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
  const personGrants = config.rules.hasRoster ? undefined : createPersonGrants(store, config.audiences, keys, events)
  const revocations = wireRevocations(
    { config, store, leases, client, events, isShared, personGrants },
    () => connections,
  )
  if (config.rules.hasRoster) {
    const records = createConnectionRecords(store, clientId, keys, events)
    const renewals = createOncePerKey<never>({ keepMs: 0, keepFailures: false })
    connections = createConnections({ records, renewals, refresh, events, revocations, createRoster: roster })
  }
  const instance: WiredInstance = {
    config,
    redirectUrl: new URL(config.redirectUri),
    client,
    from: (req) => requestAppleOf(instance, req),
    verifyIdToken,
    refresh,
    events,
    roster,
    connections,
    personGrants,
    revocations,
    leases,
    marks,
    transfer: config.rules.hasRoster
      ? undefined
      : createTransfer(config, client, createUserMigration(config, clientSecret, boundedFetch)),
    verifyNotification: createNotificationVerifier(config, findKey),
    takeNotification: createTakeNotification({
      config,
      seen: createSeenNotifications(store, clientId),
      leases,
      marks,
      connections,
      personGrants,
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
  return instance
}

function wireRevocations(
  {
    config,
    store,
    personGrants,
    ...parts
  }: { config: AppleAuthConfig; store: Store; personGrants: PersonGrants | undefined } & Omit<
    RevocationsParts,
    Derived
  >,
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
      if (tokens.sub !== undefined) await personGrants?.forgetTokens(tokens.sub, tokens)
    },
  })
}

type Derived = 'records' | 'consents' | 'httpTimeoutMs' | 'isConnectedSince' | 'revoked'
