import type { Grant } from '../grant-book.js'
import type { SimulatorState } from '../simulator-state.js'
import { createNotificationClaims } from './notification-claims.js'
import { isNotified, type Notification } from './notification.js'
import { createJti } from './plan-notification.js'

/** Ends live consents and tells their apps in the background; answers how many ended. */
export function endConsents(state: SimulatorState, matches: (grant: Grant) => boolean): number {
  const ended = state.grants.revoke(matches)
  state.save()
  ended.forEach((grant) => {
    tellApps(state, grant)
  })
  return ended.length
}

function tellApps(state: SimulatorState, grant: Grant): void {
  const { service, consentGroup, person, organizationId } = grant
  // The team itself consents to nothing.
  if (person === undefined) return
  const apps = state.clients.list().filter((client) => client.services.includes(service))
  for (const client of apps.filter(isNotified)) {
    if (client.consentGroup !== consentGroup) continue
    const about = { service, client, person, organizationId, grant }
    const eventAt = state.config.now()
    tellApp(state, { ...about, type: 'consent-revoked', eventAt, jti: createJti(), shape: {} }).catch(() => {
      // Before listen() there is no issuer, and after close() nobody who sends: then the app is told nothing.
    })
  }
}

async function tellApp(state: SimulatorState, notification: Notification): Promise<void> {
  await state.outbox.send(notification, createNotificationClaims(state, notification))
}
