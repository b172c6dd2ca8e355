import { choose } from './choose.js'
import type { SimulatorClient } from './client-registry.js'
import type { SimulatorPerson, SimulatorSchool } from './person.js'
import { requireKnownNames } from './known-names.js'
import {
  notificationKnobNames,
  parseNotificationKnobs,
  type NotificationConfig,
  type NotificationKnobs,
} from './notifications/notification-knobs.js'
import { requireSchoolSize } from './school-size.js'

/** What `createAppleSimulator` takes; the knobs stand for what Apple leaves open. */
export interface AppleSimulatorOptions extends NotificationKnobs {
  /** Apps to register. Default: none; `registerClient` and `createClient` add more. */
  readonly clients?: readonly SimulatorClient[]
  /** Who can press Continue. Default: seeded people, named by role. */
  readonly people?: readonly SimulatorPerson[]
  /** The schools of Apple School Manager. Default: two seeded schools; the test organization is always there. */
  readonly schools?: readonly SimulatorSchool[]
  /** Type of `email_verified` and `is_private_email` in id_tokens. Default: `boolean`. */
  readonly emailFlags?: 'boolean' | 'string'
  /** Whether id_tokens carry the nonce that was sent. Default: `echoed`. */
  readonly nonce?: 'echoed' | 'omitted'
  /** The `nonce_supported` claim. Default: true. */
  readonly nonceSupported?: boolean
  /** `iss` of Data Sharing id_tokens: `{url}/auth/oauth2/v2` or `{url}`. Default: `v2`. */
  readonly accountDataSharingIssuer?: 'v2' | 'plain'
  /** Whether revoke answers `invalid_grant` to a `token_type_hint` that is wrong. Default: `ignored`. */
  readonly tokenTypeHint?: 'ignored' | 'strict'
  /** How many people the Roster API lists of a school without `size`, such as the seeded First School. Default: 120. */
  readonly schoolSize?: number
  /** The largest `limit` of the Roster API; a larger one gets this many. Default: 1000. */
  readonly rosterMaxLimit?: number
  /** Which scope opens `/classes/{id}/users`: `edu.users.read`, `edu.classes.read`, both or either. Default: `either`. */
  readonly rosterClassUsersScope?: 'either' | 'users' | 'classes' | 'both'
  /** Whether the last page of a list has a `nextPageToken`, which leads to an empty page. Default: `omitted`. */
  readonly rosterLastPageToken?: 'omitted' | 'sent'
  /** Whether users of the Roster API have `roles`, documented but in no sample of Apple's. Default: `sent`. */
  readonly rosterRoles?: 'sent' | 'omitted'
  /**
   * A JSON file in which consents and tokens outlive the process: read at the start, and written, for its owner alone,
   * before the answer to any request that changes them. Default: none, nothing is written.
   */
  readonly stateFile?: string
  /** Where browsers and apps reach the simulator when it is mounted elsewhere. Default: the address of `listen()`. */
  readonly baseUrl?: string
  /** Apple's clock in milliseconds. Default: `Date.now`. */
  readonly now?: () => number
  /** Lets the simulator start with NODE_ENV=production. Default: false. */
  readonly allowInProduction?: boolean
}

/** The knobs after the checks, defaults filled in. */
export interface SimulatorConfig extends NotificationConfig {
  readonly emailFlags: 'boolean' | 'string'
  readonly nonce: 'echoed' | 'omitted'
  readonly nonceSupported: boolean
  readonly accountDataSharingIssuer: 'v2' | 'plain'
  readonly tokenTypeHint: 'ignored' | 'strict'
  readonly schoolSize: number
  readonly rosterMaxLimit: number
  readonly rosterClassUsersScope: 'either' | 'users' | 'classes' | 'both'
  readonly rosterLastPageToken: 'omitted' | 'sent'
  readonly rosterRoles: 'sent' | 'omitted'
  readonly stateFile: string | undefined
  /** Without a trailing slash. */
  readonly baseUrl: string | undefined
  readonly now: () => number
}

// A Record, so that the compiler asks for a new option here too.
const optionNames: Record<keyof AppleSimulatorOptions, true> = {
  clients: true,
  people: true,
  schools: true,
  emailFlags: true,
  nonce: true,
  nonceSupported: true,
  accountDataSharingIssuer: true,
  tokenTypeHint: true,
  schoolSize: true,
  rosterMaxLimit: true,
  rosterClassUsersScope: true,
  rosterLastPageToken: true,
  rosterRoles: true,
  ...notificationKnobNames,
  stateFile: true,
  baseUrl: true,
  now: true,
  allowInProduction: true,
}

/**
 * Checks the options and fills in the defaults.
 * @throws TypeError for an unknown option or value
 * @throws Error in production without `allowInProduction`
 */
export function parseSimulatorOptions(options: AppleSimulatorOptions): SimulatorConfig {
  requireKnownNames('createAppleSimulator', options, Object.keys(optionNames))
  if (process.env.NODE_ENV === 'production' && options.allowInProduction !== true) {
    throw new Error(
      'The Apple simulator lets anybody sign in as anybody, so it does not start with NODE_ENV=production. ' +
        'Talk to Apple there, or set allowInProduction: true if this machine only looks like production.',
    )
  }
  return Object.freeze({
    emailFlags: choose('emailFlags', options.emailFlags, ['boolean', 'string']),
    nonce: choose('nonce', options.nonce, ['echoed', 'omitted']),
    nonceSupported: options.nonceSupported ?? true,
    accountDataSharingIssuer: choose('accountDataSharingIssuer', options.accountDataSharingIssuer, ['v2', 'plain']),
    tokenTypeHint: choose('tokenTypeHint', options.tokenTypeHint, ['ignored', 'strict']),
    ...parseRosterOptions(options),
    ...parseNotificationKnobs(options),
    stateFile: parseStateFile(options.stateFile),
    baseUrl: parseBaseUrl(options.baseUrl),
    now: options.now ?? Date.now,
  })
}

function parseRosterOptions(options: AppleSimulatorOptions) {
  const { schoolSize = 120, rosterMaxLimit = 1000, rosterClassUsersScope, rosterLastPageToken, rosterRoles } = options
  requireSchoolSize('The option schoolSize', schoolSize)
  if (!Number.isInteger(rosterMaxLimit) || rosterMaxLimit < 1) {
    throw new TypeError('The option rosterMaxLimit must be a whole number from 1.')
  }
  return {
    schoolSize,
    rosterMaxLimit,
    rosterClassUsersScope: choose('rosterClassUsersScope', rosterClassUsersScope, [
      'either',
      'users',
      'classes',
      'both',
    ]),
    rosterLastPageToken: choose('rosterLastPageToken', rosterLastPageToken, ['omitted', 'sent']),
    rosterRoles: choose('rosterRoles', rosterRoles, ['sent', 'omitted']),
  }
}

function parseStateFile(stateFile: string | undefined): string | undefined {
  if (stateFile !== undefined && (typeof stateFile !== 'string' || stateFile === '')) {
    throw new TypeError('The option stateFile must be the path of a file; leave it out to save nothing.')
  }
  return stateFile
}

function parseBaseUrl(baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined) return undefined
  if (!URL.canParse(baseUrl) || !/^https?:\/\/[^?#]+$/.test(baseUrl)) {
    throw new TypeError('The option baseUrl must be an absolute http or https URL without query and fragment.')
  }
  return baseUrl.replace(/\/+$/, '')
}
