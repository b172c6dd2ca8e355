import type { SimulatorClient } from './client-registry.js'
import type { SimulatorPerson, SimulatorSchool } from './person.js'
import { requireKnownNames } from './known-names.js'

/** What `createAppleSimulator` takes; the knobs stand for what Apple leaves open. */
export interface AppleSimulatorOptions {
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
  /** Where browsers and apps reach the simulator when it is mounted elsewhere. Default: the address of `listen()`. */
  readonly baseUrl?: string
  /** Apple's clock in milliseconds. Default: `Date.now`. */
  readonly now?: () => number
  /** Lets the simulator start with NODE_ENV=production. Default: false. */
  readonly allowInProduction?: boolean
}

/** The knobs after the checks, defaults filled in. */
export interface SimulatorConfig {
  readonly emailFlags: 'boolean' | 'string'
  readonly nonce: 'echoed' | 'omitted'
  readonly nonceSupported: boolean
  readonly accountDataSharingIssuer: 'v2' | 'plain'
  readonly tokenTypeHint: 'ignored' | 'strict'
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
    baseUrl: parseBaseUrl(options.baseUrl),
    now: options.now ?? Date.now,
  })
}

function choose<Value extends string>(
  name: string,
  value: Value | undefined,
  values: readonly [NoInfer<Value>, ...NoInfer<Value>[]],
): Value {
  if (value === undefined) return values[0]
  if (!values.includes(value)) throw new TypeError(`The option ${name} must be one of ${values.join(', ')}.`)
  return value
}

function parseBaseUrl(baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined) return undefined
  if (!URL.canParse(baseUrl) || !/^https?:\/\/[^?#]+$/.test(baseUrl)) {
    throw new TypeError('The option baseUrl must be an absolute http or https URL without query and fragment.')
  }
  return baseUrl.replace(/\/+$/, '')
}
