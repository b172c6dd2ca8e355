import type { Request, RequestHandler, Router } from 'express'
import { createBoundedFetch } from './apple/bounded-fetch.js'
import { createAppleClient } from './apple/client.js'
import { createClientSecret } from './apple/client-secret.js'
import { createIdTokenVerifier } from './apple/id-token.js'
import { type AppleClaims, type AppleUser, toUser } from './apple/identity.js'
import { createKeySet } from './apple/key-set.js'
import { type AppleAuthConfig, parseConfig } from './config/config.js'
import type { AppleAuthOptions } from './config/options.js'
import { AppleArgumentError, AppleRosterError } from './errors.js'
import { type AppleAuthEvents, createEvents } from './events.js'
import { createAttach, createFrom } from './http/attach.js'
import type { RequireAppleAuthOptions } from './http/guard-options.js'
import type { Instance } from './http/instance.js'
import type { RequestApple } from './http/request-apple.js'
import { createGuard } from './http/require-apple-auth.js'
import { createRouter } from './http/router.js'
import { createRosterClient, type RosterClient } from './roster/roster-client.js'
import { createLoginRecords } from './session/login-record.js'
import { createOncePerKey } from './session/once-per-key.js'
import { createPendingLogins } from './session/pending-logins.js'
import { createSealing } from './session/sealing.js'

/** How long a callback's result serves the same request when it comes again, in milliseconds: a Reload, a second click. */
const callbackKeptMs = 10 * 1000
/** How long a refresh's result serves requests that began before it ended, in milliseconds. */
const refreshKeptMs = 30 * 1000

/** One configured connection to Apple. */
export interface AppleAuth {
  /** The middleware that puts `req.apple` on every request. */
  attach(): RequestHandler
  /** The router with /login, /callback and /logout, to be mounted where the redirect URI is its /callback. */
  router(): Router
  /** `requireAppleAuth()` for this instance. */
  requireAuth(options?: RequireAppleAuthOptions): RequestHandler
  /** What `attach()` puts on `req.apple`; the way to an instance that has a name of its own. */
  from(req: Request): RequestApple
  /**
   * Verifies an id_token handed over by a native app or by Apple JS.
   *
   * `nonce` must be the token's (default: not compared); `audience` whom it must be for (default: `clientId` and
   * `audiences`).
   *
   * @throws AppleIdTokenError when it must not be trusted
   * @throws AppleUnavailableError when Apple's keys cannot be fetched
   */
  verifyIdToken(
    jwt: string,
    options?: { nonce?: string; audience?: string | readonly string[] },
  ): Promise<AppleUser & { readonly claims: AppleClaims }>
  /** Calls `listener`, which may be async, at each such event; what it throws stops nothing. See AppleAuthEvents. */
  on<E extends keyof AppleAuthEvents>(event: E, listener: (payload: AppleAuthEvents[E]) => unknown): AppleAuth
}

/**
 * Makes an instance from options and `APPLE_*` variables.
 *
 * @throws AppleConfigError listing every problem at once
 */
export function appleAuth(options: AppleAuthOptions = {}): AppleAuth {
  const warnOnce = createWarnOnce()
  const config = parseConfig(options, process.env, (message) => {
    warnOnce('APPLE_CONFIG', message)
  })
  const instance = createInstance(config, warnOnce)
  const from = createFrom(instance)
  const auth: AppleAuth = {
    attach(...mistake: unknown[]) {
      refuseArguments('attach', mistake)
      return createAttach(instance, from)
    },
    router(...mistake: unknown[]) {
      refuseArguments('router', mistake)
      return createRouter(instance)
    },
    requireAuth: (guardOptions = {}) => createGuard(guardOptions, from, config.rules.scopes),
    from,
    async verifyIdToken(jwt, options = {}) {
      const { nonce, audience } = options
      // Most often a nonce that was looked up and not found: then nothing has been compared.
      if ('nonce' in options && typeof nonce !== 'string') {
        throw new AppleArgumentError('verifyIdToken(): nonce must be a text; leave it out only if none was sent.')
      }
      const claims = await instance.verifyIdToken(jwt, {
        ...(nonce === undefined ? {} : { nonce }),
        audience: audience ?? config.audiences,
      })
      return { ...toUser(claims), claims }
    },
    on(event, listener) {
      instance.events.on(event, listener)
      return auth
    },
  }
  return Object.freeze(auth)
}

function createInstance(config: AppleAuthConfig, warnOnce: Instance['warnOnce']): Instance {
  const boundedFetch = createBoundedFetch(config)
  const keySet = createKeySet(`${config.baseUrl}${config.rules.paths.keys}`, boundedFetch)
  const sealing = createSealing(config.tokenEncryptionKeys, `${config.name} ${config.clientId}`)
  return {
    config,
    client: createAppleClient(config, createClientSecret(config), boundedFetch),
    verifyIdToken: createIdTokenVerifier(config, keySet),
    roster: config.rules.hasRoster
      ? (getAccessToken) => createRosterClient(config.rosterBaseUrl, boundedFetch, getAccessToken)
      : () => noRoster,
    pendingLogins: createPendingLogins(config.name),
    loginRecords: createLoginRecords(config.name, config.clientId, sealing),
    events: createEvents(config.name),
    callbacks: createOncePerKey({ keepMs: callbackKeptMs, keepFailures: true }),
    refreshes: createOncePerKey({ keepMs: refreshKeptMs, keepFailures: false }),
    warnOnce,
  }
}

/** `app.use(apple.attach)` without the brackets would leave every request without an answer. */
function refuseArguments(method: string, mistake: readonly unknown[]): void {
  if (mistake.length > 0) {
    throw new AppleArgumentError(
      `${method} is to be called: write app.use(apple.${method}()), not app.use(apple.${method}).`,
    )
  }
}

const noRoster: RosterClient = {
  organization: () =>
    Promise.reject(
      new AppleRosterError(
        "Sign in with Apple opens no Roster API: use an instance whose service is 'account-data-sharing'.",
        undefined,
      ),
    ),
}

function createWarnOnce(): Instance['warnOnce'] {
  const warned = new Set<string>()
  return (code, message) => {
    if (warned.has(`${code} ${message}`)) return
    warned.add(`${code} ${message}`)
    process.emitWarning(message, { type: 'AppleAuthWarning', code })
  }
}
