import { type SessionBag, sessionValues } from '../session/app-session.js'

/** A session's values as texts, to compare with later. */
export type Snapshot = ReadonlyMap<string, string>

/** Notes what a session holds. */
export function snapshot(session: SessionBag): Snapshot {
  return new Map(Object.entries(sessionValues(session)).map(([key, value]) => [key, JSON.stringify(value)]))
}

/** The values that are new or different since then; undefined for those that are gone. */
export function changesSince(before: Snapshot, session: SessionBag): ReadonlyMap<string, unknown> {
  const now = sessionValues(session)
  const keys = new Set([...before.keys(), ...Object.keys(now)])
  return new Map([...keys].filter((key) => JSON.stringify(now[key]) !== before.get(key)).map((key) => [key, now[key]]))
}

/** Makes the same changes to a session that was read afresh. */
export function reapply(changes: ReadonlyMap<string, unknown>, session: SessionBag): void {
  for (const [key, value] of changes) {
    if (value === undefined) Reflect.deleteProperty(session, key)
    else Object.assign(session, { [key]: value })
  }
}
