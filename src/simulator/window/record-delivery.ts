import type { NotificationAttempt } from '../notifications/outbox.js'
import { fullName } from '../person.js'
import type { SimulatorWindow } from './simulator-window.js'

/** Puts a notification to an app into the window, each attempt by itself. */
export function recordNotification(
  { log, logins, redaction }: SimulatorWindow,
  { notification, jwt, attempt, status, durationMs, at }: NotificationAttempt,
): void {
  const { client, person, type } = notification
  const url = client.notificationUrl.split('?', 1)[0] ?? ''
  log.add({
    kind: 'notification',
    login: logins.ofOwner(client.clientId, person.id) ?? logins.none,
    at,
    line: redaction.words(`POST ${url}`),
    variant: redaction.words(type),
    status,
    durationMs,
    asked: [
      redaction.field('about', `${type}: ${fullName(person)}`),
      redaction.field('attempt', String(attempt)),
      redaction.field('payload', jwt),
    ],
    answered: [],
    ...(status !== 200 && { reason: 'The app did not answer 200, so Apple sends it again later.' }),
  })
}
