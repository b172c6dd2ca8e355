import { createHash } from 'node:crypto'
import { AppleStoreError } from '../errors.js'
import type { Store } from './store.js'

/** Whose logins Apple has ended, and until when they have begun that did. Times are in milliseconds since 1970. */
export interface RevocationMarks {
  /** Grows whenever this process learns that a login has ended: while it is the same, what was known is all there is to know. */
  readonly version: number
  /** Ends the logins of a subject that began until then, on every node; an older time changes nothing. */
  mark(subject: string, until: number): Promise<void>
  /** The time up to which this subject's logins have ended, -Infinity for never, if it was asked for ten seconds ago or less. */
  recall(subject: string): number | undefined
  /** The same, asked of the store where it has to be. @throws AppleStoreError */
  find(subject: string): Promise<number>
}

/** How long an answer of the store is good for, in milliseconds: so soon a mark is known on every node. */
const freshMs = 10 * 1000
/** No browser keeps a cookie longer without coming back, so no session can outlive its mark; in milliseconds. */
const keptMs = 400 * 24 * 60 * 60 * 1000

interface Known {
  readonly until: number
  readonly askedAt: number
}

/** Makes the register of ended logins for one client id; see `subject.ts` for how subjects are named. */
export function createRevocationMarks(store: Store, clientId: string): RevocationMarks {
  const known = new Map<string, Known>()
  const underWay = new Map<string, Promise<number>>()
  let version = 0
  const keyOf = (subject: string): string =>
    `revoked:${createHash('sha256')
      .update(JSON.stringify([clientId, subject]))
      .digest('base64url')}`

  function recall(subject: string): number | undefined {
    const entry = known.get(subject)
    return entry !== undefined && isFresh(entry) ? entry.until : undefined
  }

  function note(subject: string, until: number): void {
    // What has been noted stands in the order in which it was, so the old is in front.
    for (const [other, entry] of known) {
      if (isFresh(entry)) break
      known.delete(other)
    }
    // An answer that was under way while a mark was made is older than the mark.
    const before = known.get(subject)?.until ?? -Infinity
    const latest = Math.max(until, before)
    if (latest > before) version += 1
    known.delete(subject)
    known.set(subject, { until: latest, askedAt: Date.now() })
  }

  async function ask(subject: string): Promise<number> {
    try {
      const until = parseMark(await store.get(keyOf(subject)))
      note(subject, until)
      return until
    } finally {
      underWay.delete(subject)
    }
  }

  return {
    get version() {
      return version
    },

    recall,

    find(subject) {
      const until = recall(subject)
      if (until !== undefined) return Promise.resolve(until)
      const asked = underWay.get(subject) ?? ask(subject)
      underWay.set(subject, asked)
      return asked
    },

    async mark(subject, until) {
      const latest = Math.max(until, parseMark(await store.get(keyOf(subject))))
      await store.set(keyOf(subject), String(latest), keptMs)
      note(subject, latest)
    },
  }
}

function parseMark(text: string | undefined): number {
  if (text === undefined) return -Infinity
  const until = Number(text)
  if (text.trim() !== '' && Number.isFinite(until)) return until
  throw new AppleStoreError('The store holds something that is no time under a key for logins that Apple has ended.')
}

/** A clock that was set back keeps nothing. */
function isFresh({ askedAt }: Known): boolean {
  const age = Date.now() - askedAt
  return age >= 0 && age < freshMs
}
