import type { Request } from 'express'
import type { AppleStoreError } from '../errors.js'
import { saveSession } from '../session/app-session.js'
import type { LoginRecord } from '../session/login-record.js'
import type { Instance } from './instance.js'
import { loginStart } from './login-start.js'
import { unfoldLogin } from './login-view.js'

/** What came of looking a request's login up. */
interface Outcome {
  /** The login as it was stored at that time. */
  readonly stored: string
  /** Until when logins of this subject have ended, in milliseconds since 1970; it is still there, so it is younger. */
  readonly endedUntil?: number
  /** Why it could not be looked up: then nobody may take it for a good one. */
  readonly failure?: AppleStoreError
}

const outcomes = new WeakMap<Request, Map<Instance, Outcome>>()

/**
 * Finds out whether Apple has ended the request's login, and removes it then; moves one that an older key has sealed to
 * the first key. Undefined where that is known already and nothing is to be done, which is nearly always. Never rejects.
 */
export function settleLogin(instance: Instance, req: Request): Promise<void> | undefined {
  const { loginRecords, marks } = instance
  const stored = loginRecords.peek(req)
  if (stored === undefined) return undefined
  const before = outcomes.get(req)?.get(instance)
  const outcome = before?.stored === stored ? before : undefined
  if (outcome?.failure !== undefined) return undefined
  const subjects = loginRecords.subjects(req)
  const survived = outcome?.endedUntil ?? -Infinity
  const isKnownGood =
    subjects.length > 0 && subjects.every((subject) => (marks.recall(subject) ?? Infinity) <= survived)
  if (isKnownGood && (outcome !== undefined || loginRecords.isCurrent(stored))) return undefined
  return settle(instance, req, stored, subjects)
}

/** @throws AppleStoreError when it could not be found out whether the request's login still holds */
export function requireSettled(instance: Instance, req: Request): void {
  const outcome = outcomes.get(req)?.get(instance)
  if (outcome?.failure !== undefined && outcome.stored === instance.loginRecords.peek(req)) throw outcome.failure
}

async function settle(instance: Instance, req: Request, stored: string, subjects: readonly string[]): Promise<void> {
  const { loginRecords, marks, events } = instance
  let endedUntil: number
  try {
    // A login that nothing names cannot be looked up: nobody's.
    endedUntil = Math.max(...(await Promise.all(subjects.map((subject) => marks.find(subject)))))
  } catch (error) {
    remember(instance, req, { stored, failure: error as AppleStoreError })
    return
  }
  remember(instance, req, { stored, endedUntil })
  // Another request, or the app, may have changed it meanwhile.
  if (loginRecords.peek(req) !== stored) return
  const record = loginRecords.parse(stored)
  const login = record === undefined || record === 'sealed' ? undefined : unfoldLogin(instance, record)
  if (subjects.length === 0 || (login !== undefined && loginStart(login.record, login.claims) <= endedUntil)) {
    loginRecords.remove(req)
    events.note('a login was ended', 'Apple has told that the person or the school took the consent back')
  } else if (login !== undefined && !loginRecords.isCurrent(stored)) {
    await moveToFirstKey(instance, req, login.record)
  }
}

function remember(instance: Instance, req: Request, outcome: Outcome): void {
  outcomes.set(req, (outcomes.get(req) ?? new Map<Instance, Outcome>()).set(instance, outcome))
}

/** Saves at once: at the end of the request another one may have ended the session. */
async function moveToFirstKey({ loginRecords, events }: Instance, req: Request, record: LoginRecord): Promise<void> {
  try {
    if (!(await loginRecords.isStillStored(req))) return
    loginRecords.write(req, record)
    await saveSession(req)
  } catch (error) {
    events.note('a login could not be moved to the first key', error)
  }
}
