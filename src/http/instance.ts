import type { AppleClient } from '../apple/client.js'
import type { VerifyIdToken } from '../apple/id-token.js'
import type { Refresh } from '../apple/refresh.js'
import type { AppleAuthConfig } from '../config/config.js'
import type { Connections } from '../connections/connections.js'
import type { Events } from '../events.js'
import type { AccessTokens, RosterClient, RosterPatience } from '../roster/roster-client.js'
import type { LoginRecords } from '../session/login-record.js'
import type { OncePerKey } from '../once-per-key.js'
import type { PendingLogins } from '../session/pending-logins.js'

/** Where a finished callback sends the browser, and under which session. */
export interface CallbackOutcome {
  readonly location: string
  readonly sessionId: string
}

/** One wired instance: what the routes and guards work with. */
export interface Instance {
  readonly config: AppleAuthConfig
  readonly client: AppleClient
  readonly verifyIdToken: VerifyIdToken
  /** A Roster client over a source of access tokens. */
  readonly roster: (accessTokens: AccessTokens, patience?: RosterPatience) => RosterClient
  /** The connected schools; undefined for a service without any. */
  readonly connections: Connections | undefined
  readonly pendingLogins: PendingLogins
  readonly loginRecords: LoginRecords
  readonly events: Events
  /** One token request per callback, however often it arrives. */
  readonly callbacks: OncePerKey<CallbackOutcome>
  readonly refresh: Refresh
  /** Tells the operator once what will hurt later. */
  readonly warnOnce: (code: string, message: string) => void
}
