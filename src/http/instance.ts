import type { AppleClient } from '../apple/client.js'
import type { VerifyIdToken } from '../apple/id-token.js'
import type { TokenResponse } from '../apple/token-response.js'
import type { AppleAuthConfig } from '../config/config.js'
import type { Events } from '../events.js'
import type { RosterClient } from '../roster/roster-client.js'
import type { LoginRecords } from '../session/login-record.js'
import type { OncePerKey } from '../session/once-per-key.js'
import type { PendingLogins } from '../session/pending-logins.js'

/** Where a finished callback sends the browser, and under which session. */
export interface CallbackOutcome {
  readonly location: string
  readonly sessionId: string
}

/** What a refresh brought. */
export interface RenewedTokens {
  readonly tokens: TokenResponse
  /** When the access token ends, in seconds since 1970. */
  readonly expiresAt: number
}

/** One wired instance: what the routes and guards work with. */
export interface Instance {
  readonly config: AppleAuthConfig
  readonly client: AppleClient
  readonly verifyIdToken: VerifyIdToken
  /** A Roster client over a source of access tokens. */
  readonly roster: (getAccessToken: () => Promise<string>) => RosterClient
  readonly pendingLogins: PendingLogins
  readonly loginRecords: LoginRecords
  readonly events: Events
  /** One token request per callback, however often it arrives. */
  readonly callbacks: OncePerKey<CallbackOutcome>
  /** One refresh per grant, however many requests wait for it. */
  readonly refreshes: OncePerKey<RenewedTokens>
  /** Tells the operator once what will hurt later. */
  readonly warnOnce: (code: string, message: string) => void
}
