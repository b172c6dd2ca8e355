import type { Request } from 'express'
import type { AppleClient } from '../apple/client.js'
import type { VerifyIdToken } from '../apple/id-token.js'
import type { VerifyNotification } from '../apple/notification.js'
import type { Refresh } from '../apple/refresh.js'
import type { AppleAuthConfig } from '../config/config.js'
import type { Connections } from '../connections/connections.js'
import type { Events } from '../events.js'
import type { Revocations } from '../revocations/revocations.js'
import type { AccessTokens, RosterClient, RosterPatience } from '../roster/roster-client.js'
import type { Leases } from '../session/leases.js'
import type { LoginRecords } from '../session/login-record.js'
import type { OncePerKey } from '../once-per-key.js'
import type { PendingLogins } from '../session/pending-logins.js'
import type { PersonGrants } from '../session/person-grants.js'
import type { RevocationMarks } from '../session/revocation-marks.js'
import type { RequestApple } from './request-apple.js'
import type { TakeNotification } from './take-notification.js'

/** Where a finished callback sends the browser, and under which session. */
export interface CallbackOutcome {
  readonly location: string
  readonly sessionId: string
}

/** One wired instance: what the routes and guards work with. */
export interface Instance {
  readonly config: AppleAuthConfig
  /** The configured redirect URI, taken apart once. */
  readonly redirectUrl: Readonly<URL>
  readonly client: AppleClient
  readonly verifyIdToken: VerifyIdToken
  /** A Roster client over a source of access tokens. */
  readonly roster: (accessTokens: AccessTokens, patience?: RosterPatience) => RosterClient
  /** The connected schools; undefined for a service without any. */
  readonly connections: Connections | undefined
  /** The tokens of people's latest logins; undefined for a service whose grants are schools'. */
  readonly personGrants: PersonGrants | undefined
  readonly pendingLogins: PendingLogins
  readonly loginRecords: LoginRecords
  readonly events: Events
  /** What `attach()` puts on `req.apple`. */
  readonly from: (req: Request) => RequestApple
  /** One token request per callback, however often it arrives. */
  readonly callbacks: OncePerKey<CallbackOutcome>
  readonly refresh: Refresh
  readonly revocations: Revocations
  readonly leases: Leases
  /** Whose logins Apple has ended. */
  readonly marks: RevocationMarks
  readonly verifyNotification: VerifyNotification
  readonly takeNotification: TakeNotification
  /** Tells the operator once what will hurt later. */
  readonly warnOnce: (code: string, message: string) => void
  readonly close: () => Promise<void>
}
