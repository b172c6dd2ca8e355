import { createBoundedFetch } from './apple/bounded-fetch.js'
import { createAppleClient } from './apple/client.js'
import { createClientSecret } from './apple/client-secret.js'
import { createIdTokenVerifier } from './apple/id-token.js'
import { createKeySet } from './apple/key-set.js'
import { createRefresh, type RenewedTokens } from './apple/refresh.js'
import type { AppleAuthConfig } from './config/config.js'
import { createConnections } from './connections/connections.js'
import { AppleRosterError } from './errors.js'
import { createEvents } from './events.js'
import type { Instance } from './http/instance.js'
import { type AccessTokens, createRosterClient } from './roster/roster-client.js'
import { type ConnectionRecords, createConnectionRecords } from './session/connection-records.js'
import { createLoginRecords } from './session/login-record.js'
import { createOncePerKey } from './once-per-key.js'
import { openStore } from './session/open-store.js'
import { createPendingLogins } from './session/pending-logins.js'
import { createSealing } from './session/sealing.js'
import { createStore } from './session/store.js'

/** How long a callback's result serves the same request when it comes again, in milliseconds: a Reload, a second click. */
const callbackKeptMs = 10 * 1000
/** How long a refresh's result serves requests that began before it ended, in milliseconds. */
const refreshKeptMs = 30 * 1000

/** Wires one configured instance. */
export function createInstance(config: AppleAuthConfig, warnOnce: Instance['warnOnce']): Instance {
  const boundedFetch = createBoundedFetch(config)
  const keySet = createKeySet(`${config.baseUrl}${config.rules.paths.keys}`, boundedFetch)
  const sealing = createSealing(config.tokenEncryptionKeys, `${config.name} ${config.clientId}`)
  const client = createAppleClient(config, createClientSecret(config), boundedFetch)
  const verifyIdToken = createIdTokenVerifier(config, keySet)
  const events = createEvents(config.name)
  const refreshes = createOncePerKey<RenewedTokens>({ keepMs: refreshKeptMs, keepFailures: false })
  const refresh = createRefresh(client, verifyIdToken, refreshes, ({ sub, organizationId }, { expiresAt }) => {
    events.emit('refresh', { sub, organizationId, expiresAt: new Date(expiresAt * 1000) })
  })
  const createRoster: Instance['roster'] = (accessTokens, patience) =>
    createRosterClient(config.rosterBaseUrl, boundedFetch, config.rules.hasRoster ? accessTokens : noRoster, patience)
  return {
    config,
    client,
    verifyIdToken,
    refresh,
    events,
    roster: createRoster,
    connections: config.rules.hasRoster
      ? createConnections({
          records: openConnectionRecords(config, warnOnce),
          renewals: createOncePerKey({ keepMs: 0, keepFailures: false }),
          refresh,
          events,
          client,
          createRoster,
        })
      : undefined,
    pendingLogins: createPendingLogins(config.name),
    loginRecords: createLoginRecords(config.name, config.clientId, sealing),
    callbacks: createOncePerKey({ keepMs: callbackKeptMs, keepFailures: true }),
    warnOnce,
  }
}

function openConnectionRecords(config: AppleAuthConfig, warnOnce: Instance['warnOnce']): ConnectionRecords {
  const variable = `${config.envPrefix}STORE_URL`
  const name = `store (option store, ${variable})`
  if (config.store === undefined && config.storeUrl === undefined && process.env.NODE_ENV === 'production') {
    warnOnce(
      'APPLE_STORE',
      `Connected schools are kept in memory: they end with this process, and other nodes do not see them. Set store, ${variable}.`,
    )
  }
  const open = openStore(config, name, (message) => {
    warnOnce('APPLE_STORE', message)
  })
  return createConnectionRecords(createStore(open, name), config.clientId, config.tokenEncryptionKeys)
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
