import type { KeyObject } from 'node:crypto'
import { AppleArgumentError, AppleConfigError } from '../errors.js'
import { encryptionKeys } from './encryption-keys.js'
import type { AppleAuthOptions, AppleStore } from './options.js'
import { privateKey, privateKeyFile } from './private-key.js'
import { type ReadyMadeSecret, readyMadeSecret } from './ready-made-secret.js'
import { type AppleResponseMode, type AppleService, type ServiceRules, services } from './services.js'
import { readSettings, type Settings } from './settings.js'
import { isLoopback } from './loopback.js'
import { redirectUri, serverUrl } from './urls.js'
import { boolean, callable, integer, list, oneOf, sitePath, tenCharacters, text } from './values.js'

/** What client secrets are made from: a key, or one that is ready-made. */
export type Credentials =
  | { readonly kind: 'key'; readonly teamId: string; readonly keyId: string; readonly privateKey: KeyObject }
  | ({ readonly kind: 'ready-made' } & ReadyMadeSecret)

/** The checked and frozen configuration of one instance; everything behind `appleAuth()` trusts it. */
export interface AppleAuthConfig {
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
  readonly store: AppleStore | undefined
  readonly storeUrl: string | undefined
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
  const scope = settings.readOr('scope', scopeOf(rules), rules.defaultScope)

  const config = {
    name: settings.readOr('name', instanceName, 'apple'),
    envPrefix: settings.prefix,
    service,
    rules,
    clientId,
    credentials: readCredentials(settings, clientId, warn),
    redirectUri: settings.readRequired(
      'redirectUri',
      redirectUri(isLoopback(new URL(baseUrl).hostname)),
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
  if (settings.problems.length > 0 || !isComplete(config)) throw new AppleConfigError(settings.problems)
  return Object.freeze(config)
}

type Draft<T> = { [K in keyof T]: T[K] | undefined }

/** Required settings are reported when they are missing, so with no problem reported they are all there. */
function isComplete(config: Draft<AppleAuthConfig>): config is AppleAuthConfig {
  return config.clientId !== undefined && config.credentials !== undefined && config.redirectUri !== undefined
}

function readCredentials(
  settings: Settings,
  clientId: string | undefined,
  warn: (message: string) => void,
): Credentials | undefined {
  const ways = (['privateKey', 'privateKeyFile', 'clientSecret'] as const).filter((option) => settings.has(option))
  const [way] = ways
  if (ways.length > 1)
    settings.report(
      'privateKey',
      `is one of ${ways.map((option) => settings.nameOf(option)).join(', ')}: give one of them, not several`,
    )
  if (way === undefined) {
    const others = `its path as ${settings.nameOf('privateKeyFile')}, or a ready-made ${settings.nameOf('clientSecret')}`
    settings.report('privateKey', `is missing: give the .p8 there, ${others}`)
  }
  if (way === 'clientSecret') {
    const teamId = settings.read('teamId', tenCharacters)
    settings.read('keyId', tenCharacters)
    checkTeamId(settings, clientId, teamId)
    const secret = settings.read('clientSecret', readyMadeSecret(clientId, warn))
    return secret && { kind: 'ready-made', ...secret }
  }
  const teamId = settings.readRequired('teamId', tenCharacters, "your developer team's ten characters")
  const keyId = settings.readRequired('keyId', tenCharacters, "the key's ten characters, as in AuthKey_<keyId>.p8")
  checkTeamId(settings, clientId, teamId)
  const key =
    way === 'privateKeyFile'
      ? settings.read('privateKeyFile', privateKeyFile(warn))
      : settings.read('privateKey', privateKey)
  if (teamId === undefined || keyId === undefined || key === undefined) return undefined
  return { kind: 'key', teamId, keyId, privateKey: key }
}

function checkTeamId(settings: Settings, clientId: string | undefined, teamId: string | undefined): void {
  if (clientId !== undefined && teamId !== undefined && clientId.includes(teamId)) {
    settings.report('clientId', 'contains the Team ID, which Apple forbids: leave that part out')
  }
}

function readResponseMode(
  settings: Settings,
  rules: ServiceRules,
  scope: readonly string[],
): AppleResponseMode | undefined {
  const mode = settings.read('responseMode', oneOf(['query', 'form_post'] as const)) ?? rules.defaultResponseMode
  if (rules.scopeNeedsFormPost && scope.length > 0 && mode !== 'form_post') {
    settings.report('responseMode', 'must be form_post while a scope is asked for: Apple refuses anything else')
  }
  return mode
}

function readStore(settings: Settings): Pick<AppleAuthConfig, 'store' | 'storeUrl'> {
  let store: AppleStore | undefined
  const storeUrl = settings.read('store', (raw, report) => {
    if (typeof raw === 'string') {
      if (/^(rediss?|postgres(ql)?|sqlite):\/\//.test(raw)) return raw
      report('must be a redis:, rediss:, postgres:, postgresql: or sqlite: URL')
    } else if (isStore(raw)) {
      store = raw
    } else {
      report('must be a Keyv instance, or an object with get, set and delete')
    }
    return undefined
  })
  return { store, storeUrl }
}

function isStore(value: unknown): value is AppleStore {
  if (typeof value !== 'object' || value === null) return false
  const candidate = value as Record<string, unknown>
  return ['get', 'set', 'delete'].every((method) => typeof candidate[method] === 'function')
}

function scopeOf(rules: ServiceRules) {
  return (raw: unknown, report: (message: string) => void): readonly string[] | undefined => {
    const scope = list(raw, report)
    if (scope?.every((each) => rules.scopes.includes(each)) !== false) return scope
    report(`may hold only what this service knows: ${rules.scopes.join(', ')}`)
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
