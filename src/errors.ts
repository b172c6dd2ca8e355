/** What an error knows beyond its message; for logs, never for visitors, and never holding a token, code or key. */
export type AppleAuthErrorDetails = Readonly<Record<string, unknown>>

/** How an error is made. */
export interface AppleAuthErrorOptions {
  /** HTTP status of the answer. Default: the class's own. */
  status?: number
  /** What went wrong underneath. Default: nothing. */
  cause?: unknown
  /** Facts for the operator. Default: none. */
  details?: AppleAuthErrorDetails
  /** Response headers that belong to the status, as `Allow` does to 405. Default: none. */
  headers?: Readonly<Record<string, string>>
}

const tryAgain = 'Signing in with Apple did not work. Please try again.'
const siteProblem = 'This is not available at the moment. Please try again later.'

/**
 * The base of every error that this package throws or hands to `next()`.
 *
 * `message` is for the operator; show visitors `publicMessage`.
 */
export abstract class AppleAuthError extends Error {
  /** Stable, literal: switch on this. */
  abstract readonly code: `ERR_APPLE_${string}`
  /** HTTP status that Express answers with. */
  readonly status: number
  /** A neutral sentence for the visitor. */
  readonly publicMessage: string = tryAgain
  /** Facts for the operator. */
  readonly details: AppleAuthErrorDetails
  /** Response headers that Express sets with the status. */
  readonly headers: Readonly<Record<string, string>>

  constructor(message: string, defaultStatus: number, options: AppleAuthErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.status = options.status ?? defaultStatus
    this.details = Object.freeze({ ...options.details })
    this.headers = Object.freeze({ ...options.headers })
    // Outside production Express prints err.stack to the visitor; what a request can provoke carries no frames.
    if (this.status !== 500) this.stack = `${this.name}: ${message}`
  }
}

/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** The option's name, for example `clientId`. */
  readonly option: string
  /** The variable's name, for example `APPLE_CLIENT_ID`; undefined where there is none. */
  readonly variable: string | undefined
  /** What is wrong and what to do. */
  readonly message: string
}

/** The options or variables given to `appleAuth()` cannot work; lists all that is wrong at once. */
export class AppleConfigError extends AppleAuthError {
  readonly code = 'ERR_APPLE_CONFIG'
  override readonly publicMessage = siteProblem
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ option, variable, message }) =>
      variable === undefined ? `  - option ${option} ${message}` : `  - ${variable} (option ${option}) ${message}`,
    )
    const count = problems.length === 1 ? '1 mistake' : `${String(problems.length)} mistakes`
    super(`express-apple-auth cannot start: ${count}.\n${lines.join('\n')}`, 500)
    this.problems = Object.freeze([...problems])
  }
}

/** An argument given to one of this package's functions is not what it takes. */
export class AppleArgumentError extends AppleAuthError {
  readonly code = 'ERR_APPLE_ARGUMENT'
  override readonly publicMessage = siteProblem

  constructor(message: string) {
    super(message, 500)
  }
}

/** `req.session` is not there: express-session is missing, mounted too late, or its store is disconnected. */
export class AppleSessionMissingError extends AppleAuthError {
  readonly code = 'ERR_APPLE_SESSION_MISSING'
  override readonly publicMessage = siteProblem

  constructor(message: string) {
    super(message, 500)
  }
}

/** The session store did not load, save or end a session; nobody was signed in or out by it. */
export class AppleSessionStoreError extends AppleAuthError {
  readonly code = 'ERR_APPLE_SESSION_STORE'
  override readonly publicMessage = siteProblem

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 503, options)
  }
}

/** The session cookie is Secure and this request is not, so the browser would never get the cookie. */
export class AppleInsecureCookieError extends AppleAuthError {
  readonly code = 'ERR_APPLE_INSECURE_COOKIE'
  override readonly publicMessage = siteProblem

  constructor(message: string) {
    super(message, 500)
  }
}

/** The request came under another host name than the redirect URI's, and sending the browser there did not help. */
export class AppleWrongHostError extends AppleAuthError {
  readonly code = 'ERR_APPLE_WRONG_HOST'
  override readonly publicMessage = siteProblem

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 421, options)
  }
}

/** `requireAppleAuth()` ran on a request that `attach()` never saw. */
export class AppleAttachMissingError extends AppleAuthError {
  readonly code = 'ERR_APPLE_ATTACH_MISSING'
  override readonly publicMessage = siteProblem

  constructor(message: string) {
    super(message, 500)
  }
}

/** A request that changes something came from another site. */
export class AppleCrossSiteError extends AppleAuthError {
  readonly code = 'ERR_APPLE_CROSS_SITE'
  override readonly publicMessage = 'This request came from another site and was not carried out.'

  constructor(message: string) {
    super(message, 403)
  }
}

/** What arrived at the callback is not an authorization response: method, content type, size or parameters are off. */
export class AppleCallbackError extends AppleAuthError {
  readonly code = 'ERR_APPLE_CALLBACK'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 400, options)
  }
}

/** What a native app posted cannot be read: content type, size or members are off. */
export class AppleNativeLoginError extends AppleAuthError {
  readonly code = 'ERR_APPLE_NATIVE_LOGIN'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 400, options)
  }
}

/** The `state` belongs to no login that this browser began here, or to one that is used up or too old. */
export class AppleStateError extends AppleAuthError {
  readonly code = 'ERR_APPLE_STATE'
  override readonly publicMessage = 'This sign-in is no longer valid. Please start again.'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 400, options)
  }
}

/** Apple answered the authorization request with an error other than "the person cancelled". */
export class AppleAuthorizationError extends AppleAuthError {
  readonly code = 'ERR_APPLE_AUTHORIZATION'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 400, options)
  }
}

/** Apple's token or revocation endpoint answered with an OAuth error. */
export class AppleTokenError extends AppleAuthError {
  readonly code = 'ERR_APPLE_TOKEN'
  /** Apple's `error` value, for example `invalid_client`. */
  readonly appleError: string

  constructor(message: string, appleError: string, options: AppleAuthErrorOptions = {}) {
    // Not 502 to 504: proxies and content networks repeat such requests or replace their pages, and a code works once.
    super(message, appleError === 'invalid_grant' ? 400 : 424, options)
    this.appleError = appleError
  }
}

/** Apple did not answer in time, or with something that is no answer. */
export class AppleUnavailableError extends AppleAuthError {
  readonly code = 'ERR_APPLE_UNAVAILABLE'
  override readonly publicMessage = 'Apple does not answer at the moment. Please try again in a few minutes.'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 424, options)
  }
}

/** An id_token is missing or must not be trusted. */
export class AppleIdTokenError extends AppleAuthError {
  readonly code = 'ERR_APPLE_ID_TOKEN'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 401, options)
  }
}

/** What arrived at /notifications is not Apple's or cannot be read, or the app's `onNotification` threw. */
export class AppleNotificationError extends AppleAuthError {
  readonly code = 'ERR_APPLE_NOTIFICATION'
  override readonly publicMessage = 'This notification was not taken.'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 400, options)
    // Whatever its status: anybody may post here, and Express prints the stack outside production.
    this.stack = `${this.name}: ${message}`
  }
}

/** Apple said yes, yet nothing it sent tells who signed in, or two things it sent contradict each other. */
export class AppleIdentityError extends AppleAuthError {
  readonly code = 'ERR_APPLE_IDENTITY'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 403, options)
  }
}

/** The app's own `onLogin` refused this login; its error is the `cause`. */
export class AppleLoginRefusedError extends AppleAuthError {
  readonly code = 'ERR_APPLE_LOGIN_REFUSED'
  override readonly publicMessage = 'You cannot sign in here with this Apple Account.'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 403, options)
  }
}

/** Nobody is signed in, or the login has ended at Apple. */
export class AppleLoginRequiredError extends AppleAuthError {
  readonly code = 'ERR_APPLE_LOGIN_REQUIRED'
  override readonly publicMessage = 'Please sign in.'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 401, options)
  }
}

/** Somebody is signed in but may not do this; `details.missing` says what is missing. */
export class AppleForbiddenError extends AppleAuthError {
  readonly code = 'ERR_APPLE_FORBIDDEN'
  override readonly publicMessage = 'You are signed in, but this page is not open to you.'

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 403, options)
  }
}

/** The Roster API refused a request or answered with something that is no answer. */
export class AppleRosterError extends AppleAuthError {
  readonly code = 'ERR_APPLE_ROSTER'
  override readonly publicMessage: string
  /** Apple's HTTP status; undefined where there was none. */
  readonly appleStatus: number | undefined

  constructor(message: string, appleStatus: number | undefined, options: AppleAuthErrorOptions = {}) {
    super(message, 424, options)
    this.appleStatus = appleStatus
    this.publicMessage =
      this.status === 404
        ? 'There is no such person, class or place in this school.'
        : 'The school’s data cannot be read at the moment.'
  }
}

/** A school is not connected, or its connection no longer works because Apple refuses to renew its tokens. */
export class AppleConnectionError extends AppleAuthError {
  readonly code = 'ERR_APPLE_CONNECTION'
  override readonly publicMessage = 'This school has to be connected by one of its administrators.'
  readonly organizationId: string
  /** `not_connected`, or why the connection broke: Apple's `error` value, for example `invalid_grant`. */
  readonly reason: string

  constructor(message: string, organizationId: string, reason: string, options: AppleAuthErrorOptions = {}) {
    super(message, 424, { ...options, details: { organizationId, reason, ...options.details } })
    this.organizationId = organizationId
    this.reason = reason
  }
}

/** The store that keeps connections did not answer, or not in time; nothing is taken for granted then. */
export class AppleStoreError extends AppleAuthError {
  readonly code = 'ERR_APPLE_STORE'
  override readonly publicMessage = siteProblem

  constructor(message: string, options: AppleAuthErrorOptions = {}) {
    super(message, 503, options)
  }
}
