import { AppleArgumentError, AppleConfigError } from '../errors.js'
import { type Credentials, readCredentials } from './credentials.js'
import { encryptionKeys } from './encryption-keys.js'
import type { AppleAuthOptions } from './options.js'
import { type AppleResponseMode, type AppleService, type ServiceRules, services } from './services.js'
import { readSettings, type Settings } from './settings.js'
import { isLoopback } from './loopback.js'
import { readStore, type StoreConfig } from './store.js'
import { redirectUri, serverUrl } from './urls.js'
import { boolean, callable, integer, list, oneOf, sitePath, text } from './values.js'

/** The checked and frozen configuration of one instance; everything behind `appleAuth()` trusts it. */
export interface AppleAuthConfig extends StoreConfig {
  readonly name: string
  /** What this instance's variables begin with, for sentences. */
  readonly envPrefix: string
  readonly service: AppleService
  readonly rules: ServiceRules
  readonly clientId: string
  readonly credentials: Credentials
  readonly redirectUri: string
  readonly scope: readonly string[]
  readonly responseMode: AppleResponseMode | undefined
  readonly pkce: boolean
  readonly baseUrl: string
  readonly rosterBaseUrl: string
  readonly issuers: readonly string[]
  readonly audiences: readonly string[]
  readonly postLoginRedirect: string
  readonly postLogoutRedirect: string
  readonly cancelRedirect: string
  readonly revokeOnLogout: boolean
  readonly tokenEncryptionKeys: readonly Buffer[]
  readonly httpTimeoutMs: number
  readonly clockToleranceSeconds: number
  readonly onLogin: NonNullable<AppleAuthOptions['onLogin']> | undefined
  readonly onNotification: NonNullable<AppleAuthOptions['onNotification']> | undefined
}

/**
 * Checks options and environment and freezes the result; `warn` hears what works today and may not tomorrow.
 *
 * @throws AppleConfigError listing every problem at once
 */
export function parseConfig(
  options: AppleAuthOptions,
  environment: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): AppleAuthConfig {
  const given: unknown = options
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new AppleArgumentError('appleAuth() takes an object of options, or nothing to read APPLE_* variables alone.')
  }
  const settings = readSettings({ ...options }, environment)
  const service = settings.readOr(
    'service',
    oneOf(['account-data-sharing', 'sign-in-with-apple'] as const),
    'account-data-sharing',
  )
  const rules = services[service]
  const baseUrl = settings.readOr('baseUrl', serverUrl, 'https://appleid.apple.com')
  const clientId = settings.readRequired('clientId', text, 'the Services ID (or App ID) registered with Apple')
  // What a wrong service or base URL would make look wrong too is judged leniently until that is mended.
  const knownScopes = settings.isWrong('service')
    ? Object.values(services).flatMap(({ scopes }) => scopes)
    : rules.scopes
  const scope = settings.readOr('scope', scopeOf(knownScopes), rules.defaultScope)
  const simulated = settings.isWrong('baseUrl') || isLoopback(new URL(baseUrl).hostname)

  const config = {
    name: settings.readOr('name', instanceName, 'apple'),
    envPrefix: settings.prefix,
    service,
    rules,
    clientId,
    credentials: readCredentials(settings, clientId, warn),
    redirectUri: settings.readRequired(
      'redirectUri',
      redirectUri(simulated),
      'the return URL registered with Apple, such as https://school.example/auth/apple/callback',
    ),
    scope,
    responseMode: readResponseMode(settings, rules, scope),
    pkce: settings.readOr('pkce', boolean, rules.defaultPkce),
    baseUrl,
    rosterBaseUrl: settings.readOr('rosterBaseUrl', serverUrl, 'https://api-school.apple.com'),
    issuers: settings.readOr(
      'issuer',
      filledList,
      rules.issuerPaths.map((path) => `${baseUrl}${path}`),
    ),
    audiences: [...new Set([clientId ?? '', ...settings.readOr('audiences', list, [])])],
    postLoginRedirect: settings.readOr('postLoginRedirect', sitePath, '/'),
    postLogoutRedirect: settings.readOr('postLogoutRedirect', sitePath, '/'),
    cancelRedirect: settings.readOr('cancelRedirect', sitePath, '/'),
    revokeOnLogout: settings.readOr('revokeOnLogout', boolean, true),
    tokenEncryptionKeys: settings.readOr('tokenEncryptionKeys', encryptionKeys, []),
    ...readStore(settings),
    httpTimeoutMs: settings.readOr('httpTimeoutMs', integer(1, 60_000, 'milliseconds'), 5000),
    clockToleranceSeconds: settings.readOr('clockToleranceSeconds', integer(0, 600, 'seconds'), 30),
    onLogin: settings.read('onLogin', callable<NonNullable<AppleAuthOptions['onLogin']>>()),
    onNotification: settings.read('onNotification', callable<NonNullable<AppleAuthOptions['onNotification']>>()),
  }
  settings.slips().forEach(warn)
  if (settings.problems.length > 0 || !isComplete(config)) throw new AppleConfigError(settings.problems)
  return Object.freeze(config)
}

type Draft<T> = { [K in keyof T]: T[K] | undefined }

/** Required settings are reported when they are missing, so with no problem reported they are all there. */
function isComplete(config: Draft<AppleAuthConfig>): config is AppleAuthConfig {
  return config.clientId !== undefined && config.credentials !== undefined && config.redirectUri !== undefined
}

function readResponseMode(
  settings: Settings,
  rules: ServiceRules,
  scope: readonly string[],
): AppleResponseMode | undefined {
  const mode = settings.read('responseMode', oneOf(['query', 'form_post'] as const)) ?? rules.defaultResponseMode
  if (!settings.isWrong('service') && rules.scopeNeedsFormPost && scope.length > 0 && mode !== 'form_post') {
    settings.report('responseMode', 'must be form_post while a scope is asked for: Apple refuses anything else')
  }
  return mode
}

function scopeOf(known: readonly string[]) {
  return (raw: unknown, report: (message: string) => void): readonly string[] | undefined => {
    const scope = list(raw, report)
    if (scope?.every((each) => known.includes(each)) !== false) return scope
    report(`may hold only what this service knows: ${known.join(', ')}`)
    return undefined
  }
}

function filledList(raw: unknown, report: (message: string) => void): readonly string[] | undefined {
  const values = list(raw, report)
  if (values?.length !== 0) return values
  report('must not be empty')
  return undefined
}

function instanceName(raw: unknown, report: (message: string) => void): string | undefined {
  if (typeof raw === 'string' && /^[A-Za-z][\w-]{0,31}$/.test(raw)) return raw
  report('must be a short name: a letter first, then letters, digits, _ and -')
  return undefined
}
