import type { NotificationShape } from '../services.js'
import type { SimulatorNotificationType } from './notification.js'

/** What `notify` takes. */
export interface NotifyOptions {
  /** One of Apple's, or any other text, which is sent as it is. */
  readonly type: SimulatorNotificationType | (string & {})
  /**
   * The app to tell. Default: the only one with a notificationUrl, of Data Sharing where there is an `organizationId`,
   * else of Sign in with Apple if it has any.
   */
  readonly clientId?: string
  /** Whom it is about; required for Sign in with Apple. Data Sharing's default: who approved, else the first who may. */
  readonly personId?: string
  /** The school it is about, for Data Sharing. Default: the person's own. */
  readonly organizationId?: string
  /** Form of the `events` claim. Default: as the simulator was told. */
  readonly events?: NotificationShape['events']
  /** Unit of `event_time`. Default: as the simulator was told. */
  readonly eventTime?: NotificationShape['eventTime']
  /** When it happened, in milliseconds since 1970. Default: now. */
  readonly eventAt?: number
  /** Of an earlier notification, to send it once more. Default: a new one. */
  readonly jti?: string
  /** The `exp` claim in seconds since 1970, or whether it is there. Default: as the simulator was told. */
  readonly exp?: NotificationShape['exp'] | number
}

/** A Record, so that the compiler asks for a new option here too. */
export const notifyOptionNames: Record<keyof NotifyOptions, true> = {
  type: true,
  clientId: true,
  personId: true,
  organizationId: true,
  events: true,
  eventTime: true,
  eventAt: true,
  jti: true,
  exp: true,
}
