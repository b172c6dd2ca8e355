import { pack, unpack } from './packed-text.js'

/** A login that has begun in this browser. */
export interface PendingLogin {
  readonly state: string
  readonly nonce: string
  /** PKCE, RFC 7636. */
  readonly codeVerifier?: string
  /** Begun for Apple JS, whose popup hands its result to the page. */
  readonly popup?: true
  readonly returnTo: string
  readonly scope: readonly string[]
  /** Milliseconds since 1970. */
  readonly startedAt: number
}

/** A login that has ended well; kept for a while so that Reload and Back lead to the same place. */
export interface FinishedLogin {
  readonly state: string
  readonly returnTo: string
  readonly startedAt: number
  readonly finished: true
}

/** What a session holds of one login by its state. */
export type LoginEntry = PendingLogin | FinishedLogin

/** The first field of an entry. */
const kinds = { page: 'page', popup: 'popup', finished: 'finished' } as const

/** Puts entries into one text. */
export function packEntries(entries: readonly LoginEntry[]): string {
  return entries.map(packEntry).join(' ')
}

/** Takes them apart; what is none is left out. */
export function unpackEntries(stored: unknown): LoginEntry[] {
  return typeof stored === 'string' ? stored.split(' ').flatMap((text) => unpackEntry(text) ?? []) : []
}

function packEntry(entry: LoginEntry): string {
  const { state, startedAt, returnTo } = entry
  if ('finished' in entry) return pack([kinds.finished, state, startedAt, returnTo])
  const { nonce, codeVerifier = '', scope, popup } = entry
  const kind = popup === true ? kinds.popup : kinds.page
  return pack([kind, state, startedAt, returnTo, nonce, codeVerifier, scope.join(' ')])
}

function unpackEntry(text: string): LoginEntry | undefined {
  const [kind, state, startedAtText, returnTo, nonce, codeVerifier, scope] = unpack(text) ?? []
  const startedAt = Number(startedAtText)
  if (!state || returnTo === undefined || !Number.isFinite(startedAt)) return undefined
  if (kind === kinds.finished) return { state, returnTo, startedAt, finished: true }
  if ((kind !== kinds.page && kind !== kinds.popup) || !nonce || scope === undefined) return undefined
  return {
    state,
    nonce,
    ...(codeVerifier ? { codeVerifier } : {}),
    ...(kind === kinds.popup ? { popup: true } : {}),
    returnTo,
    scope: scope.split(' ').filter(Boolean),
    startedAt,
  }
}
