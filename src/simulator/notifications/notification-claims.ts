// https://developer.apple.com/documentation/signinwithapple/processing-changes-for-sign-in-with-apple-accounts
// https://developer.apple.com/documentation/rosterapi/obtaining-information-about-people-and-classes
import type { RegisteredClient } from '../client-registry.js'
import { relayEmail } from '../relay-email.js'
import { testOrganization } from '../seed.js'
import { rosterScopes, services, testScope } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'
import { emailTypes, type Notification } from './notification.js'

const lifetimeSeconds = 86_400

/**
 * Writes the claims of a notification.
 * @throws Error before `listen()` when there is no baseUrl
 */
export function createNotificationClaims(
  state: SimulatorState,
  notification: Notification<RegisteredClient>,
): Record<string, unknown> {
  const { service, client, jti, shape } = notification
  const { notificationShape: knobs, now } = state.config
  const rules = services[service]
  const issuedAt = Math.floor(now() / 1000)
  const exp = shape.exp ?? knobs.exp ?? rules.notificationShape.exp
  const event = createEvent(state, notification)
  const forms = { string: JSON.stringify(event), object: event, array: [event] }
  return {
    iss: `${state.url()}${rules.notificationIssuer}`,
    aud: client.clientId,
    iat: issuedAt,
    ...(exp !== 'omitted' && { exp: exp === 'sent' ? issuedAt + lifetimeSeconds : exp }),
    jti,
    events: forms[shape.events ?? knobs.events ?? rules.notificationShape.events],
  }
}

function createEvent(state: SimulatorState, notification: Notification<RegisteredClient>): Record<string, unknown> {
  const { type, service, client, person, organizationId, eventAt, shape } = notification
  const unit =
    shape.eventTime ?? state.config.notificationShape.eventTime ?? services[service].notificationShape.eventTime
  return {
    type,
    sub: state.subject(person, client.teamId),
    ...(emailTypes.includes(type) && emailFields(state, notification)),
    ...(organizationId !== undefined && {
      org_id: organizationId,
      scopes: scopesOf(state, notification, organizationId).join(' '),
    }),
    event_time: Math.floor(unit === 'seconds' ? eventAt / 1000 : eventAt),
  }
}

function emailFields(
  { config }: SimulatorState,
  { person, client, grant }: Notification<RegisteredClient>,
): Record<string, unknown> {
  const isPrivate = grant?.hideEmail === true
  return {
    email: isPrivate ? relayEmail(client.consentGroup, person) : person.email,
    is_private_email: config.emailFlags === 'string' ? String(isPrivate) : isPrivate,
  }
}

// What was approved; for a school that approved nothing, what the app would ask it for.
function scopesOf(
  { tokens }: SimulatorState,
  { client, grant }: Notification<RegisteredClient>,
  organizationId: string,
) {
  if (grant !== undefined) return tokens.scopesOf(grant)
  const isTest = organizationId === testOrganization.id
  return client.scopes.filter((scope) => rosterScopes.includes(scope) && (scope === testScope) === isTest).sort()
}
