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
  /** What follows the simulator's address in `iss` of a notification. */
  readonly notificationIssuer: string
  /** How a notification is written where no knob says otherwise. */
  readonly notificationShape: NotificationShape
}

/** How a notification is written: where Apple's pages and what was seen on the wire do not agree. */
export interface NotificationShape {
  /** The form of the `events` claim: JSON text, the event itself, or a list. */
  readonly events: 'string' | 'object' | 'array'
  /** The unit of `event_time`. */
  readonly eventTime: 'milliseconds' | 'seconds'
  /** Whether there is an `exp` claim, a day after `iat`. */
  readonly exp: 'sent' | 'omitted'
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
    notificationIssuer: '',
    // As seen on the wire; Apple's page shows an object and seconds.
    notificationShape: { events: 'string', eventTime: 'milliseconds', exp: 'sent' },
  },
  'account-data-sharing': {
    title: 'Account & Organizational Data Sharing',
    path: '/auth/oauth2/v2',
    scopes: rosterScopes,
    responseTypes: ['code'],
    grantTypes: ['authorization_code', 'refresh_token'],
    scopeParameterRequired: true,
    scopeNeedsFormPost: false,
    notificationIssuer: '/auth/oauth2/v2',
    // As in Apple's sample, the only one there is.
    notificationShape: { events: 'array', eventTime: 'seconds', exp: 'omitted' },
  },
}

/** Both service names, in the order of the table. */
export const serviceNames: readonly SimulatorService[] = ['sign-in-with-apple', 'account-data-sharing']

/** What Apple calls a service. */
export function serviceTitle(service: SimulatorService): string {
  return services[service].title
}
