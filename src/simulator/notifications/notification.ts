import type { RegisteredClient } from '../client-registry.js'
import type { Grant } from '../grant-book.js'
import type { SimulatorPerson } from '../person.js'
import type { NotificationShape, SimulatorService } from '../services.js'

/** The types that Apple documents. */
export type SimulatorNotificationType = 'email-disabled' | 'email-enabled' | 'consent-revoked' | 'account-deleted'

/** An app that wants to be told. */
export type NotifiedClient = RegisteredClient & { readonly notificationUrl: string }

/** What is to be told to one app, after all checks. Default: an app that has an endpoint for it. */
export interface Notification<Client extends RegisteredClient = NotifiedClient> {
  /** As on the wire. */
  readonly type: string
  readonly service: SimulatorService
  readonly client: Client
  /** Whose `sub` it carries. */
  readonly person: SimulatorPerson
  /** Data Sharing only. */
  readonly organizationId: string | undefined
  /** The consent that it speaks of, where one was live. */
  readonly grant: Grant | undefined
  /** Milliseconds. */
  readonly eventAt: number
  readonly jti: string
  readonly shape: ShapeOverrides
}

/** What of its shape goes before the knobs. */
export interface ShapeOverrides {
  readonly events?: NotificationShape['events'] | undefined
  readonly eventTime?: NotificationShape['eventTime'] | undefined
  /** A number is the claim itself. */
  readonly exp?: NotificationShape['exp'] | number | undefined
}

/** The types that tell of an e-mail address. */
export const emailTypes: readonly string[] = ['email-disabled', 'email-enabled']

/** Tells the end of an account, in either spelling. */
export function isAccountDeletion(type: string): boolean {
  return type === 'account-deleted' || type === 'account-delete'
}

/** Tells an app that has an endpoint for notifications. */
export function isNotified(client: RegisteredClient): client is NotifiedClient {
  return client.notificationUrl !== undefined
}
