import { EventEmitter } from 'node:events'
import createDebug from 'debug'
import type { AppleUser } from './apple/identity.js'
import type { AppleNotification } from './apple/notification.js'
import { AppleArgumentError, AppleAuthError } from './errors.js'
import type { AppleOrganization } from './roster/organization.js'

/** What each event tells; never a token, code or key. */
export interface AppleAuthEvents {
  /** Somebody signed in, or a school was connected. */
  login: { user: AppleUser | undefined; organization: AppleOrganization | undefined; scope: string; returnTo: string }
  /** A login ended in an error. */
  login_failed: { error: AppleAuthError }
  /** The person pressed Cancel at Apple. */
  login_cancelled: { returnTo: string }
  /** Somebody signed out; `revoked` says whether Apple took the tokens back. */
  logout: { sub: string | undefined; organizationId: string | undefined; revoked: boolean }
  /** An access token was renewed. */
  refresh: { sub: string | undefined; organizationId: string | undefined; expiresAt: Date }
  /** Apple refuses to renew a connected school's tokens; told once, and `connections.get()` says it from then on. */
  connection_broken: { organizationId: string; reason: string; error: AppleAuthError }
  /** A school was disconnected: by `connections.disconnect()`, a logout that revoked its grant, or Apple's notification. */
  disconnected: { organizationId: string }
  /**
   * Apple did not take tokens back; the person is signed out here, and the school disconnected, all the same. `willRetry`
   * says whether it is tried again: then this is told once more only if it is given up.
   */
  revocation_failed: {
    sub: string | undefined
    organizationId: string | undefined
    error: AppleAuthError
    willRetry: boolean
  }
  /** Apple told of something, types that this version does not know included; what it entails has been done. */
  notification: AppleNotification<string>
  /** None of `tokenEncryptionKeys` opens what is in the session or in `store`: nobody is signed in by it. */
  unsealing_failed: { record: 'login' | 'connection' | 'revocation' | 'grant'; organizationId: string | undefined }
}

/** The events of one instance. */
export interface Events {
  on<E extends keyof AppleAuthEvents>(event: E, listener: (payload: AppleAuthEvents[E]) => unknown): void
  emit<E extends keyof AppleAuthEvents>(event: E, payload: AppleAuthEvents[E]): void
  /** Tells the debug log alone of an error that stopped nothing. */
  note(what: string, error: unknown): void
}

const names: Readonly<Record<keyof AppleAuthEvents, true>> = {
  login: true,
  login_failed: true,
  login_cancelled: true,
  logout: true,
  refresh: true,
  connection_broken: true,
  disconnected: true,
  revocation_failed: true,
  notification: true,
  unsealing_failed: true,
}

/** The log that `DEBUG=express-apple-auth` turns on. */
const debug = createDebug('express-apple-auth')

/** Makes an instance's events; each also goes to the debug log, and a listener that throws stops nothing. */
export function createEvents(instanceName: string): Events {
  const emitter = new EventEmitter()
  return {
    on(event, listener) {
      if (!Object.hasOwn(names, event)) {
        throw new AppleArgumentError(`There is no such event: on() takes ${Object.keys(names).join(', ')}.`)
      }
      if (typeof listener !== 'function') throw new AppleArgumentError('on() takes a function as its second argument.')
      emitter.on(event, (payload: AppleAuthEvents[typeof event]) => {
        call(listener, payload).catch((error: unknown) => {
          debug('%s: a listener for %s threw: %o', instanceName, event, error)
        })
      })
    },

    note(what, error) {
      debug('%s: %s: %O', instanceName, what, error instanceof AppleAuthError ? describe(error) : error)
    },

    emit(event, payload) {
      if (debug.enabled) debug('%s: %s %O', instanceName, event, 'error' in payload ? describe(payload.error) : payload)
      emitter.emit(event, payload)
    },
  }
}

/** Calls a listener, which may be async; either way its error arrives as a rejection. */
async function call<P>(listener: (payload: P) => unknown, payload: P): Promise<void> {
  await listener(payload)
}

/** An error in a form that fits one entry of the log, with what only the operator may see. */
function describe(error: AppleAuthError): object {
  return {
    code: error.code,
    message: error.message,
    details: error.details,
    cause: error.cause instanceof Error ? error.cause.stack : error.cause,
  }
}
