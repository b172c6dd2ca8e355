/** One of Apple's two services that the simulator plays. */
export type SimulatorService = 'sign-in-with-apple' | 'account-data-sharing'

/** What tells the two services apart on the wire. */
export interface ServiceRules {
  readonly title: string
  /** Prefix of authorize, token, revoke and keys. */
  readonly path: string
  readonly scopes: readonly string[]
  readonly responseTypes: readonly ResponseType[]
  readonly grantTypes: readonly string[]
  /** Data Sharing wants the parameter even when it asks for nothing. */
  readonly scopeParameterRequired: boolean
  /** Sign in with Apple posts whatever a scope asked for, and never puts it into a URL. */
  readonly scopeNeedsFormPost: boolean
}

/** `id_token` alone is not offered by Apple. */
export type ResponseType = 'code' | 'code id_token'

/** The scope that the developer account approves and that answers synthetic data. */
export const testScope = 'edu.rosterapi.test.read'

/** Scopes that open the Roster API to one school. */
export const rosterScopes: readonly string[] = ['edu.users.read', 'edu.classes.read', testScope]

/** Both services as a table, so that no route branches on a name. */
export const services: Readonly<Record<SimulatorService, ServiceRules>> = {
  'sign-in-with-apple': {
    title: 'Sign in with Apple',
    path: '/auth',
    scopes: ['name', 'email', 'openid'],
    responseTypes: ['code', 'code id_token'],
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    scopeParameterRequired: false,
    scopeNeedsFormPost: true,
  },
  'account-data-sharing': {
    title: 'Account & Organizational Data Sharing',
    path: '/auth/oauth2/v2',
    scopes: rosterScopes,
    responseTypes: ['code'],
    grantTypes: ['authorization_code', 'refresh_token'],
    scopeParameterRequired: true,
    scopeNeedsFormPost: false,
  },
}

/** Both service names, in the order of the table. */
export const serviceNames: readonly SimulatorService[] = ['sign-in-with-apple', 'account-data-sharing']
