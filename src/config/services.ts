/**
 * Apple's two services as data.
 *
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing
 * @see https://developer.apple.com/documentation/signinwithapplerestapi
 */

/** The name of one of Apple's two services. */
export type AppleService = 'account-data-sharing' | 'sign-in-with-apple'

/** How Apple hands the authorization response to the callback. */
export type AppleResponseMode = 'query' | 'form_post'

/** What is true of one of Apple's services, whatever app uses it. */
export interface ServiceRules {
  /** Endpoints below `baseUrl`. */
  readonly paths: { readonly authorize: string; readonly token: string; readonly revoke: string }
  /** Below `baseUrl` too: the key sets that a signature may be from, likeliest first. */
  readonly keyPaths: readonly string[]
  /** Every scope that may be asked for. */
  readonly scopes: readonly string[]
  /** Scopes asked for unless the app says otherwise. */
  readonly defaultScope: readonly string[]
  /** What is sent as `response_mode` unless the app says otherwise; undefined: not sent. */
  readonly defaultResponseMode: AppleResponseMode | undefined
  /** Whether any scope forces `form_post`. */
  readonly scopeNeedsFormPost: boolean
  /** Whether `scope` is sent even when it is empty. */
  readonly alwaysSendsScope: boolean
  /** PKCE unless the app says otherwise. */
  readonly defaultPkce: boolean
  /** Paths that, put behind `baseUrl`, are issuers of this service's tokens. */
  readonly issuerPaths: readonly string[]
  /** Whether a login without an id_token fails. */
  readonly needsIdToken: boolean
  /** Whether the access token opens the Roster API. */
  readonly hasRoster: boolean
}

/** The rules of each service. */
export const services: Readonly<Record<AppleService, ServiceRules>> = {
  'account-data-sharing': {
    paths: {
      authorize: '/auth/oauth2/v2/authorize',
      token: '/auth/oauth2/v2/token',
      revoke: '/auth/oauth2/v2/revoke',
    },
    // Whether both are one set, and which of them signs notifications, Apple does not say.
    keyPaths: ['/auth/oauth2/v2/keys', '/auth/keys'],
    scopes: ['edu.users.read', 'edu.classes.read', 'edu.rosterapi.test.read'],
    defaultScope: ['edu.users.read', 'edu.classes.read'],
    defaultResponseMode: undefined,
    scopeNeedsFormPost: false,
    alwaysSendsScope: true,
    defaultPkce: false,
    issuerPaths: ['', '/auth/oauth2/v2'],
    needsIdToken: false,
    hasRoster: true,
  },
  'sign-in-with-apple': {
    paths: { authorize: '/auth/authorize', token: '/auth/token', revoke: '/auth/revoke' },
    keyPaths: ['/auth/keys'],
    scopes: ['name', 'email', 'openid'],
    defaultScope: ['name', 'email'],
    defaultResponseMode: 'form_post',
    scopeNeedsFormPost: true,
    alwaysSendsScope: false,
    defaultPkce: true,
    issuerPaths: [''],
    needsIdToken: true,
    hasRoster: false,
  },
}
