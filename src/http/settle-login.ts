import type { Request } from 'express'
import type { AppleStoreError } from '../errors.js'
import { readSession, requireSession, saveSession, type SessionBag } from '../session/app-session.js'
import type { Instance } from './instance.js'
import { loginStart } from './login-start.js'
import { type LoginView, unfoldLogin } from './login-view.js'
import { type Outcome, RequestState } from './request-state.js'
import { changesSince, snapshot } from './session-changes.js'

/** The version of what was not held against all that is known. */
const never = -1

/**
 * Finds out whether Apple has ended the request's login, and removes it then; moves one that an older key has sealed to
 * the first key. Undefined where that is known already and nothing is to be done, which is nearly always. Never rejects.
 */
export function settleLogin(instance: Instance, req: Request): Promise<void> | undefined {
  const { loginRecords, marks } = instance
  const stored = loginRecords.peek(req)
  if (stored === undefined) return undefined
  const outcome = outcomeFor(instance, req, stored)
  if (outcome?.failure !== undefined) return undefined
  const subjects = loginRecords.subjects(req)
  const endedUntil = outcome?.endedUntil ?? -Infinity
  const isKnownGood =
    subjects.length > 0 && subjects.every((subject) => (marks.recall(subject) ?? Infinity) <= endedUntil)
  if (isKnownGood && (outcome !== undefined || loginRecords.isCurrent(stored))) {
    // The request may outlast what is known of the subjects, and has been looked at all the same.
    if (outcome === undefined) remember(instance, req, { stored, version: marks.version, endedUntil })
    return undefined
  }
  return settle(instance, req, stored, subjects)
}

/**
 * To be asked before a login is believed: the login as it is read, or undefined where Apple has ended it.
 *
 * Where nobody has looked it up, because `attach()` is not mounted or did not see the session, it is looked up for the
 * next request, and the operator is told.
 *
 * @throws AppleStoreError when it could not be found out whether the request's login still holds
 */
export function believe(instance: Instance, req: Request, login: LoginView | undefined): LoginView | undefined {
  const { loginRecords, marks } = instance
  const stored = loginRecords.peek(req)
  if (login === undefined || stored === undefined) return login
  const outcome = outcomeFor(instance, req, stored)
  if (outcome?.failure !== undefined) throw outcome.failure
  // It has survived all that was known then, and nothing has been learned since.
  if (outcome?.version === marks.version) return login
  const known = loginRecords.subjects(req).map((subject) => marks.recall(subject))
  // What nothing names cannot be looked up: nobody's.
  if (outcome === undefined && known.length === 0) return undefined
  if (outcome === undefined && known.includes(undefined)) {
    instance.warnOnce(
      'APPLE_ATTACH',
      `A login was read that attach() had not looked at, so one that Apple has ended may pass: mount attach() of the ` +
        `instance ${instance.config.name} behind the session and before what reads it.`,
    )
    void settleLogin(instance, req)
  }
  const endedUntil = Math.max(...known.map((until) => until ?? -Infinity))
  // Where it has been looked up in this request, it has survived all that was known then.
  if (endedUntil <= (outcome?.endedUntil ?? -Infinity)) return login
  return loginStart(login.record, login.claims) <= endedUntil ? undefined : login
}

/** Notes that the login in this request's session, which it has just written itself, has been looked at. */
export function noteSettled(instance: Instance, req: Request): void {
  const stored = instance.loginRecords.peek(req)
  if (stored !== undefined) remember(instance, req, { stored, version: never, endedUntil: -Infinity })
}

function outcomeFor(instance: Instance, req: Request, stored: string): Outcome | undefined {
  const outcome = RequestState.outcome(instance.from(req))
  return outcome?.stored === stored ? outcome : undefined
}

function remember(instance: Instance, req: Request, outcome: Outcome): void {
  RequestState.noteOutcome(instance.from(req), outcome)
}

async function settle(instance: Instance, req: Request, stored: string, subjects: readonly string[]): Promise<void> {
  const { loginRecords, marks } = instance
  const { version } = marks
  let endedUntil: number
  try {
    // A login that nothing names cannot be looked up: nobody's.
    endedUntil = Math.max(...(await Promise.all(subjects.map((subject) => marks.find(subject)))))
  } catch (error) {
    remember(instance, req, { stored, version, endedUntil: -Infinity, failure: error as AppleStoreError })
    return
  }
  remember(instance, req, { stored, version, endedUntil })
  // Another request, or the app, may have changed it meanwhile.
  if (loginRecords.peek(req) !== stored) return
  const login = unfoldLogin(instance, stored)
  const isReadable = login !== undefined && login !== 'sealed'
  if (subjects.length === 0 || (isReadable && loginStart(login.record, login.claims) <= endedUntil)) {
    await removeEnded(instance, req)
  } else if (isReadable && !loginRecords.isCurrent(stored)) {
    await moveToFirstKey(instance, req, login)
  }
}

/** Saved at once: saved at the end of the request, it could bring back a session that another one has ended by then. */
async function removeEnded(instance: Instance, req: Request): Promise<void> {
  const { loginRecords, events } = instance
  events.note('a login was ended', 'Apple has told that the person or the school took the consent back')
  try {
    const isThere = await loginRecords.isStillStored(req)
    loginRecords.remove(req)
    if (isThere) await saveSession(req)
  } catch (error) {
    loginRecords.remove(req)
    events.note('the end of a login could not be saved, and is found out again by the next request', error)
  }
}

/** Only where nothing else has changed the session, or ended it, and saved at once: otherwise the next request does it. */
async function moveToFirstKey(instance: Instance, req: Request, { record, user }: LoginView): Promise<void> {
  const { loginRecords, personGrants, events } = instance
  try {
    // What is kept beside the session moves as it is read.
    if (user !== undefined) await personGrants?.find(user.sub)
    const inStore = (await readSession(req, req.sessionID)) as SessionBag | undefined
    if (inStore === undefined || changesSince(snapshot(inStore), requireSession(req)).size > 0) return
    loginRecords.write(req, record)
    noteSettled(instance, req)
    await saveSession(req)
  } catch (error) {
    events.note('a login could not be moved to the first key', error)
  }
}
