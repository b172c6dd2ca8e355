import type { EventEmitter } from 'node:events'
import type { RequestHandler } from 'express'
import type { SessionData, Store } from 'express-session'
import type { AppleAuthOptions } from '../../src/index.js'
import { decode } from './apple-calls.js'
import type { NaiveSession } from './request-apple.js'

// WHAT NOT TO DO: see index.ts.

type Event = Record<string, string> & { event_time: number }

/** Does what any notification says, whoever sent it, as often as it comes. */
export function createNotificationsRoute(
  { onNotification }: AppleAuthOptions,
  events: EventEmitter,
  schools: Map<string, unknown>,
): RequestHandler {
  return async function notifications(req, res) {
    const { jti, aud, events: told } = decode((req.body as { payload: string }).payload)
    for (const event of [typeof told === 'string' ? (JSON.parse(told) as Event) : (told as Event)].flat()) {
      const { org_id: organizationId, event_time: time, is_private_email: isPrivateEmail, ...rest } = event
      const type = event.type?.replace(/delete$/, 'deleted')
      const facts = { ...rest, type, organizationId, isPrivateEmail: Boolean(isPrivateEmail) }
      const payload = { ...facts, notificationId: jti, audience: aud, eventTime: new Date(time) }
      await onNotification?.(payload as never)
      if (type === 'consent-revoked' || type === 'account-deleted') {
        endSessions(req.sessionStore, event.sub)
        if (organizationId !== undefined && schools.delete(organizationId)) {
          events.emit('disconnected', { organizationId })
        }
      }
      events.emit('notification', payload)
    }
    res.end()
  }
}

/** Looks through every session there is. */
function endSessions(store: Store | undefined, sub: string | undefined): void {
  store?.all?.((_error, sessions) => {
    for (const [id, session] of Object.entries((sessions ?? {}) as Record<string, SessionData & NaiveSession>)) {
      if (session.user?.sub === sub) store.destroy(id)
    }
  })
}
