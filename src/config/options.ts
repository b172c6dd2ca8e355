import type { Request } from 'express'
import type { AppleClaims, AppleUser, UnverifiedName } from '../apple/identity.js'
import type { AppleNotification } from '../apple/notification.js'
import type { AppleOrganization } from '../roster/organization.js'
import type { AppleTokens } from '../session/tokens.js'
import type { AppleResponseMode, AppleService } from './services.js'

/** What `onLogin` is told. */
export interface AppleLoginContext {
  /** The request that finished the login; what is put on `req.session` here is kept. */
  readonly req: Request
  /** Who signed in; undefined for a Data Sharing login without an id_token. */
  readonly user: AppleUser | undefined
  /** The verified id_token's claims; undefined without an id_token. */
  readonly claims: AppleClaims | undefined
  /** The school; Data Sharing only, and undefined while the Roster API does not answer. */
  readonly organization: AppleOrganization | undefined
  /** The name the browser posted, once and unsigned: Sign in with Apple's first login only. */
  readonly unverifiedName: UnverifiedName | undefined
  /** Apple's tokens; printing them shows `[redacted]`. Undefined for a native app that sent no `authorizationCode`. */
  readonly tokens: AppleTokens | undefined
  /** The path the person will be sent to. */
  readonly returnTo: string
}

/** Where this package keeps what must outlive a session: a Keyv instance, or anything with these methods. */
export interface AppleStore {
  get(key: string): unknown
  set(key: string, value: unknown, ttlMilliseconds?: number): unknown
  delete(key: string): unknown
  /** All that is held, as key and value; only `connections.list()` needs it. */
  iterator?: ((namespace?: string) => AsyncIterable<unknown>) | undefined
}

/** What `appleAuth()` takes. An option wins over its variable; `undefined` and an empty variable mean absent. */
export interface AppleAuthOptions {
  /** The instance's name; the one named `apple` is `req.apple`. Default: `apple`. */
  name?: string | undefined
  /** What this instance's variables begin with. Default: `APPLE_`. */
  envPrefix?: string | undefined
  /** Which of Apple's services. `APPLE_SERVICE`. Default: `account-data-sharing`. */
  service?: AppleService | undefined
  /** The Services ID (or App ID) registered with Apple; without the Team ID. `APPLE_CLIENT_ID`. Required. */
  clientId?: string | undefined
  /** The developer team's ten characters. `APPLE_TEAM_ID`. Required with a key. */
  teamId?: string | undefined
  /** The key's ten characters. `APPLE_KEY_ID`. Required with a key. */
  keyId?: string | undefined
  /** The .p8: PEM (line ends may be literal `\n`), base64 of the PEM, or its bare base64 body. `APPLE_PRIVATE_KEY`. */
  privateKey?: string | undefined
  /** Path of the .p8 file. `APPLE_PRIVATE_KEY_FILE`. */
  privateKeyFile?: string | undefined
  /** A ready-made client secret (ES256 JWT) instead of a key. `APPLE_CLIENT_SECRET`. */
  clientSecret?: string | undefined
  /** The return URL as registered with Apple, byte for byte. `APPLE_REDIRECT_URI`. Required. */
  redirectUri?: string | undefined
  /** Scopes to ask for, as a list or separated by spaces. `APPLE_SCOPE`. Default: both `edu.*` scopes, or `name email`. */
  scope?: string | readonly string[] | undefined
  /** `query` or `form_post`. `APPLE_RESPONSE_MODE`. Default: not sent for Data Sharing, else `form_post`. */
  responseMode?: AppleResponseMode | undefined
  /** Sends a PKCE challenge (S256, RFC 7636). `APPLE_PKCE`. Default: off for Data Sharing, else on. */
  pkce?: boolean | undefined
  /** Apple's authentication server, or the simulator's URL. `APPLE_BASE_URL`. Default: `https://appleid.apple.com`. */
  baseUrl?: string | undefined
  /** The Roster API's server. `APPLE_ROSTER_BASE_URL`. Default: `https://api-school.apple.com`. */
  rosterBaseUrl?: string | undefined
  /** Issuers whose id_tokens are accepted. `APPLE_ISSUER`. Default: `baseUrl`; Data Sharing also `baseUrl` + `/auth/oauth2/v2`. */
  issuer?: string | readonly string[] | undefined
  /** More client ids (bundle ids) whose id_tokens, at /native and by `verifyIdToken()`, and whose notifications are accepted. `APPLE_AUDIENCES`. Default: only `clientId`. */
  audiences?: string | readonly string[] | undefined
  /** Path after a login that asked for none. `APPLE_POST_LOGIN_REDIRECT`. Default: `/`. */
  postLoginRedirect?: string | undefined
  /** Path after a logout. `APPLE_POST_LOGOUT_REDIRECT`. Default: `/`. */
  postLogoutRedirect?: string | undefined
  /** Path after a login that the person cancelled. `APPLE_CANCEL_REDIRECT`. Default: `/`. */
  cancelRedirect?: string | undefined
  /** Whether a logout revokes the tokens at Apple. `APPLE_REVOKE_ON_LOGOUT`. Default: true. */
  revokeOnLogout?: boolean | undefined
  /** 32-byte keys in base64url; the first seals tokens in the session, all open. `APPLE_TOKEN_ENCRYPTION_KEYS`. Default: none. */
  tokenEncryptionKeys?: string | readonly string[] | undefined
  /** Keeps what must outlive a session: a Keyv instance, or a redis: or postgres: URL. `APPLE_STORE_URL`. Default: memory. */
  store?: AppleStore | string | undefined
  /** Deadline of every call to Apple, in milliseconds, 1 to 60000. `APPLE_HTTP_TIMEOUT_MS`. Default: 5000. */
  httpTimeoutMs?: number | undefined
  /** How far Apple's clock and ours may differ, in seconds, 0 to 600. `APPLE_CLOCK_TOLERANCE_SECONDS`. Default: 30. */
  clockToleranceSeconds?: number | undefined
  /** Awaited before a login counts: the one chance to keep the name. Throwing refuses the login. Default: nothing. */
  onLogin?: ((context: AppleLoginContext) => void | Promise<void>) | undefined
  /**
   * Awaited for each event that Apple tells of, before anything else is done about it; for two minutes at most. Throwing
   * answers 500, so that Apple sends it again: the same event (`notificationId`, `type`) may come more than once.
   * Default: nothing.
   */
  onNotification?: ((event: AppleNotification) => void | Promise<void>) | undefined
}

/** Each option's variable without the prefix; undefined where code alone can set it. */
export const variableNames: Readonly<Record<keyof AppleAuthOptions, string | undefined>> = {
  name: undefined,
  envPrefix: undefined,
  service: 'SERVICE',
  clientId: 'CLIENT_ID',
  teamId: 'TEAM_ID',
  keyId: 'KEY_ID',
  privateKey: 'PRIVATE_KEY',
  privateKeyFile: 'PRIVATE_KEY_FILE',
  clientSecret: 'CLIENT_SECRET',
  redirectUri: 'REDIRECT_URI',
  scope: 'SCOPE',
  responseMode: 'RESPONSE_MODE',
  pkce: 'PKCE',
  baseUrl: 'BASE_URL',
  rosterBaseUrl: 'ROSTER_BASE_URL',
  issuer: 'ISSUER',
  audiences: 'AUDIENCES',
  postLoginRedirect: 'POST_LOGIN_REDIRECT',
  postLogoutRedirect: 'POST_LOGOUT_REDIRECT',
  cancelRedirect: 'CANCEL_REDIRECT',
  revokeOnLogout: 'REVOKE_ON_LOGOUT',
  tokenEncryptionKeys: 'TOKEN_ENCRYPTION_KEYS',
  store: 'STORE_URL',
  httpTimeoutMs: 'HTTP_TIMEOUT_MS',
  clockToleranceSeconds: 'CLOCK_TOLERANCE_SECONDS',
  onLogin: undefined,
  onNotification: undefined,
}
