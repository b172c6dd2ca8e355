import type { Request, RequestHandler, Router } from 'express'
import { nonceForms } from './apple/id-token.js'
import { type AppleIdentity, toIdentity } from './apple/identity.js'
import { parseConfig } from './config/config.js'
import type { AppleAuthOptions } from './config/options.js'
import type { AppleConnections } from './connections/connections.js'
import { createInstance } from './create-instance.js'
import { AppleArgumentError } from './errors.js'
import type { AppleAuthEvents } from './events.js'
import { createAttach } from './http/attach.js'
import type { RequireAppleAuthOptions } from './http/guard-options.js'
import type { Instance } from './http/instance.js'
import type { RequestApple } from './http/request-apple.js'
import { createGuard } from './http/require-apple-auth.js'
import { createIdentityTokenGuard, type RequireAppleIdentityTokenOptions } from './http/require-identity-token.js'
import { type AppleRevocation, revokePerson } from './http/revoke-person.js'
import { createRouter } from './http/router.js'
import type { AppleTransfer } from './transfer/transfer.js'

/** One configured connection to Apple. */
export interface AppleAuth {
  /** The middleware that puts `req.apple` on every request. */
  attach(): RequestHandler
  /**
   * The router with /login, /callback, /logout, /notifications and, for Sign in with Apple, /native; to be mounted where
   * the redirect URI is its /callback.
   */
  router(): Router
  /** `requireAppleAuth()` for this instance. */
  requireAuth(options?: RequireAppleAuthOptions): RequestHandler
  /** `requireAppleIdentityToken()` for this instance; needs no `attach()`. */
  requireIdentityToken(options?: RequireAppleIdentityTokenOptions): RequestHandler
  /** What `attach()` puts on `req.apple`; the way to an instance that has a name of its own. */
  from(req: Request): RequestApple
  /**
   * The connected schools, for work without a browser; Data Sharing only.
   *
   * @throws AppleArgumentError for Sign in with Apple
   */
  readonly connections: AppleConnections
  /**
   * Moves people to another developer team, or takes them over from one; Sign in with Apple only.
   *
   * @throws AppleArgumentError for Data Sharing
   */
  readonly transfer: AppleTransfer
  /**
   * Verifies an id_token handed over by a native app or by Apple JS.
   *
   * `nonce` must be the token's, raw or as its SHA-256 in hex (default: not compared); `audience` whom it must be for
   * (default: `clientId` and `audiences`). Starts no session; see POST /native for that.
   *
   * @throws AppleIdTokenError when it must not be trusted
   * @throws AppleUnavailableError when Apple's keys cannot be fetched
   */
  verifyIdToken(
    jwt: string,
    options?: { nonce?: string; audience?: string | readonly string[] },
  ): Promise<AppleIdentity>
  /**
   * Ends what a person has here and at Apple, as the App Store asks of an account's deletion: revokes their tokens, ends
   * all their logins on every node (within ten seconds) and forgets the tokens. `subject` is a `sub`, or a request whose
   * login is meant; that request's session ends at once. Sends no answer.
   *
   * @throws AppleArgumentError for what is neither, and for Data Sharing: its way is `connections.disconnect()`
   * @throws AppleLoginRequiredError for a request without a login
   * @throws AppleStoreError when `store` cannot say or keep it; nothing has been done then
   * @throws AppleSessionStoreError when the request's session could not be ended; the logins end all the same
   */
  revoke(subject: string | Request): Promise<AppleRevocation>
  /** Calls `listener`, which may be async, at each such event; what it throws stops nothing. See AppleAuthEvents. */
  on<E extends keyof AppleAuthEvents>(event: E, listener: (payload: AppleAuthEvents[E]) => unknown): AppleAuth
  /**
   * For the end of an app or a test: sends nothing more to Apple by itself (what is owed stays in `store`), and lets go of
   * the connection that a `store` URL made. Nothing of this keeps a process alive, so it need not be called.
   */
  close(): Promise<void>
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
  const { from } = instance
  const connections = instance.connections && publicConnections(instance.connections)
  const auth: AppleAuth = {
    attach(...mistake: unknown[]) {
      refuseArguments('attach', mistake)
      return createAttach(instance)
    },
    router(...mistake: unknown[]) {
      refuseArguments('router', mistake)
      return createRouter(instance)
    },
    requireAuth: (guardOptions = {}) => createGuard(guardOptions, from, config.rules.scopes),
    requireIdentityToken: (guardOptions = {}) => createIdentityTokenGuard(guardOptions, () => instance),
    from,
    get connections() {
      if (connections !== undefined) return connections
      throw new AppleArgumentError(
        "Sign in with Apple connects no schools: use an instance whose service is 'account-data-sharing'.",
      )
    },
    get transfer() {
      if (instance.transfer !== undefined) return instance.transfer
      throw new AppleArgumentError(
        "Data Sharing has no people to transfer: use an instance whose service is 'sign-in-with-apple'.",
      )
    },
    async verifyIdToken(jwt, options = {}) {
      const { nonce, audience } = options
      // Most often a nonce that was looked up and not found: then nothing has been compared.
      if ('nonce' in options && typeof nonce !== 'string') {
        throw new AppleArgumentError('verifyIdToken(): nonce must be a text; leave it out only if none was sent.')
      }
      const claims = await instance.verifyIdToken(jwt, {
        ...(nonce === undefined ? {} : { nonce: nonceForms(nonce) }),
        audience: audience ?? config.audiences,
      })
      return toIdentity(claims)
    },
    revoke: (subject) => revokePerson(instance, subject),
    on(event, listener) {
      instance.events.on(event, listener)
      return auth
    },
    close: () => instance.close(),
  }
  // Loggers and spreads would read them, and each service has only one of the two.
  for (const name of ['connections', 'transfer']) Object.defineProperty(auth, name, { enumerable: false })
  return Object.freeze(auth)
}

/** What apps may do; connecting is for the routes alone. */
function publicConnections(connections: AppleConnections): AppleConnections {
  return Object.freeze<AppleConnections>({
    roster: (organizationId) => connections.roster(organizationId),
    get: (organizationId) => connections.get(organizationId),
    list: () => connections.list(),
    disconnect: (organizationId) => connections.disconnect(organizationId),
  })
}

/** `app.use(apple.attach)` without the brackets would leave every request without an answer. */
function refuseArguments(method: string, mistake: readonly unknown[]): void {
  if (mistake.length > 0) {
    throw new AppleArgumentError(
      `${method} is to be called: write app.use(apple.${method}()), not app.use(apple.${method}).`,
    )
  }
}

function createWarnOnce(): Instance['warnOnce'] {
  const warned = new Set<string>()
  return (code, message) => {
    if (warned.has(`${code} ${message}`)) return
    warned.add(`${code} ${message}`)
    process.emitWarning(message, { type: 'AppleAuthWarning', code })
  }
}
