import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import { keyPrefix, requireSession, saveSession, type SessionBag } from './app-session.js'
import { holdsOnlyLoginsUnderWay, loginLifetimeMs as lifetimeMs, saveBriefly, touchBriefly } from './brief-life.js'
import { type LoginEntry, packEntries, type PendingLogin, unpackEntries } from './login-entries.js'

/** Logins under way in one session; the oldest gives way. */
const maxPending = 8
/** What an instance's may take up in the session, in characters: two instances' together stay under 8 KiB. */
const maxSize = 3840

/** The logins under way in one browser session, for one instance. */
export interface PendingLogins {
  /** Begins a login: makes its state, nonce and (for PKCE) code verifier, and saves the session. */
  remember(
    req: Request,
    login: { returnTo: string; scope: readonly string[]; pkce: boolean; popup?: boolean },
  ): Promise<PendingLogin>
  /** The login with this state, still pending; it stays. */
  find(req: Request, state: string): PendingLogin | undefined
  /** Removes and gives back the login with this state. */
  take(req: Request, state: string): PendingLogin | undefined
  /** Notes in the session that this login has ended well. */
  finish(req: Request, login: PendingLogin): void
  /** Where the finished login with this state went. */
  whereItWent(req: Request, state: string): string | undefined
  /** Lets a session that holds nothing but pending logins live no longer than they do, though another page is opened. */
  keepBrief(req: Request): void
}

/** Makes the register of pending logins for the instance of that name. */
export function createPendingLogins(instanceName: string): PendingLogins {
  const key = `${keyPrefix}${instanceName}:logins`

  function read(session: SessionBag): LoginEntry[] {
    const oldest = Date.now() - lifetimeMs
    return unpackEntries(session[key]).filter((entry) => entry.startedAt > oldest)
  }

  function write(session: SessionBag, entries: LoginEntry[]): void {
    const kept = entries.slice(-maxPending)
    let packed = packEntries(kept)
    while (kept.length > 1 && packed.length > maxSize) {
      kept.shift()
      packed = packEntries(kept)
    }
    if (kept.length > 0) session[key] = packed
    else Reflect.deleteProperty(session, key)
  }

  function findIn(entries: readonly LoginEntry[], state: string): PendingLogin | undefined {
    return entries.find((entry): entry is PendingLogin => entry.state === state && !('finished' in entry))
  }

  return {
    find: (req, state) => findIn(read(requireSession(req)), state),

    async remember(req, { returnTo, scope, pkce, popup = false }) {
      const [state, nonce, codeVerifier] = randomTexts()
      const login: PendingLogin = {
        state,
        nonce,
        ...(pkce ? { codeVerifier } : {}),
        ...(popup ? { popup } : {}),
        returnTo,
        scope,
        startedAt: Date.now(),
      }
      const session = requireSession(req)
      write(session, [...read(session), login])
      if (holdsOnlyLoginsUnderWay(session)) await saveBriefly(req, session)
      else await saveSession(req)
      return login
    },

    take(req, state) {
      const session = requireSession(req)
      const entries = read(session)
      const login = findIn(entries, state)
      if (login === undefined) return undefined
      write(
        session,
        entries.filter((entry) => entry.state !== state),
      )
      return login
    },

    finish(req, { state, returnTo, startedAt }) {
      const session = requireSession(req)
      write(session, [...read(session), { state, returnTo, startedAt, finished: true }])
    },

    whereItWent(req, state) {
      return read(requireSession(req)).find((entry) => entry.state === state && 'finished' in entry)?.returnTo
    },

    keepBrief(req) {
      const session = req.session as SessionBag | undefined
      if (session?.[key] !== undefined && holdsOnlyLoginsUnderWay(session)) touchBriefly(session)
    },
  }
}

/** A state, a nonce and a code verifier: 256 random bits each, in base64url. */
function randomTexts(): [string, string, string] {
  // At once: asking for random bits costs more than making them.
  const bytes = randomBytes(96)
  const text = (start: number): string => bytes.toString('base64url', start, start + 32)
  return [text(0), text(32), text(64)]
}
