import { choose, chooseIfGiven } from '../choose.js'
import type { NotificationShape } from '../services.js'

/** The knobs of server-to-server notifications: again what Apple leaves open. */
export interface NotificationKnobs {
  /**
   * Form of the `events` claim: JSON text, the event itself, or a list of it. Default: `string` for Sign in with Apple,
   * as seen on the wire, and `array` for Data Sharing, as documented.
   */
  readonly notificationEvents?: NotificationShape['events']
  /**
   * Unit of `event_time`. Default: `milliseconds` for Sign in with Apple, as seen on the wire, and `seconds` for Data
   * Sharing, as documented.
   */
  readonly notificationEventTime?: NotificationShape['eventTime']
  /**
   * Whether notifications have an `exp` claim, a day after `iat`. Default: `sent` for Sign in with Apple, as seen on the
   * wire, and `omitted` for Data Sharing, whose sample has none.
   */
  readonly notificationExp?: NotificationShape['exp']
  /** What a deleted account is called: Apple's word, or the one that libraries wait for. Default: `account-deleted`. */
  readonly accountDeletionType?: 'account-deleted' | 'account-delete'
  /**
   * How long to wait before a notification is sent again, in milliseconds, one number for each further attempt; Apple's
   * schedule is unpublished. Default: 1000, 5000 and 25000.
   */
  readonly notificationRetryWaitsMs?: readonly number[]
}

/** The knobs after the checks; those left undefined depend on the service. */
export interface NotificationConfig {
  readonly notificationShape: { readonly [Name in keyof NotificationShape]: NotificationShape[Name] | undefined }
  readonly accountDeletionType: 'account-deleted' | 'account-delete'
  readonly notificationRetryWaitsMs: readonly number[]
}

/** The forms of the `events` claim. */
export const eventForms = ['string', 'object', 'array'] as const

/** The units of `event_time`. */
export const timeUnits = ['milliseconds', 'seconds'] as const

/** A Record, so that the compiler asks for a new knob here too. */
export const notificationKnobNames: Record<keyof NotificationKnobs, true> = {
  notificationEvents: true,
  notificationEventTime: true,
  notificationExp: true,
  accountDeletionType: true,
  notificationRetryWaitsMs: true,
}

/**
 * Checks the knobs and fills in the defaults that do not depend on the service.
 * @throws TypeError for an unknown value
 */
export function parseNotificationKnobs(knobs: NotificationKnobs): NotificationConfig {
  const { notificationEvents, notificationEventTime, notificationExp, accountDeletionType } = knobs
  return {
    notificationShape: {
      events: chooseIfGiven('notificationEvents', notificationEvents, eventForms),
      eventTime: chooseIfGiven('notificationEventTime', notificationEventTime, timeUnits),
      exp: chooseIfGiven('notificationExp', notificationExp, ['sent', 'omitted']),
    },
    accountDeletionType: choose('accountDeletionType', accountDeletionType, ['account-deleted', 'account-delete']),
    notificationRetryWaitsMs: parseWaits(knobs.notificationRetryWaitsMs),
  }
}

function parseWaits(waits: readonly number[] = [1000, 5000, 25_000]): readonly number[] {
  if (!isListOfWaits(waits)) {
    throw new TypeError('The option notificationRetryWaitsMs must be a list of whole numbers from 0 to 2147483647.')
  }
  return Object.freeze([...waits])
}

// To Node's timers a longer wait is none at all.
function isListOfWaits(waits: unknown): boolean {
  return Array.isArray(waits) && waits.every((wait) => Number.isInteger(wait) && wait >= 0 && wait < 2 ** 31)
}
