import type { Directory } from './directory.js'
import type { Grant, GrantBook } from './grant-book.js'
import type { SimulatorPerson } from './person.js'
import { parseSavedState, type SavedState } from './saved-state-format.js'
import type { Authorization, IssuedToken, TokenBook } from './token-book.js'

/** What outlives a restart, and where it belongs. */
export interface Books {
  readonly directory: Directory
  readonly grants: GrantBook
  readonly tokens: TokenBook
}

/** Writes the live consents and tokens as JSON. Codes are left out: they live five minutes. */
export function serializeBooks({ grants, tokens }: Books): string {
  const live = grants.list()
  const positions = new Map(live.map((grant, position) => [grant, position]))
  const saved: SavedState = {
    version: 1,
    grants: live.map(({ person, ...grant }) => ({ ...withoutRevoked(grant), personId: person?.id })),
    tokens: tokens.list().flatMap(([token, issued]) => {
      const { grant, clientId, scopes, person, authTime } = issued.authorization
      const position = positions.get(grant)
      if (position === undefined || !tokens.isLive(issued)) return []
      const expiresAt = issued.expiresAt === Infinity ? undefined : issued.expiresAt
      return [
        { token, kind: issued.kind, grant: position, clientId, scopes, personId: person?.id, authTime, expiresAt },
      ]
    }),
  }
  return `${JSON.stringify(saved, null, 1)}\n`
}

/**
 * Takes consents and tokens back, except those of people and schools that the directory no longer has.
 * @throws Error when the text is not what `serializeBooks` wrote
 */
export function restoreBooks({ directory, grants, tokens }: Books, text: string): void {
  const saved = parseSavedState(text)
  const restored = saved.grants.map(({ personId, ...grant }) => {
    const person = personOf(directory, personId)
    const isSchoolGone = grant.organizationId !== undefined && directory.school(grant.organizationId) === undefined
    if (person === 'gone' || isSchoolGone) return undefined
    const opened: Grant = { ...grant, openedAt: grant.openedAt ?? 0, person, revoked: false }
    grants.restore(opened)
    return opened
  })
  for (const { token, kind, grant: position, clientId, scopes, personId, authTime, expiresAt } of saved.tokens) {
    const grant = restored[position]
    const person = personOf(directory, personId)
    if (grant === undefined || person === 'gone') continue
    const authorization: Authorization = { grant, clientId, scopes, person, authTime }
    const issued: IssuedToken = { kind, authorization, expiresAt: expiresAt ?? Infinity }
    tokens.restore(token, issued)
  }
}

function withoutRevoked({ revoked: _revoked, ...grant }: Omit<Grant, 'person'>): Omit<Grant, 'person' | 'revoked'> {
  return grant
}

function personOf({ person }: Directory, id: string | undefined): SimulatorPerson | undefined | 'gone' {
  return id === undefined ? undefined : (person(id) ?? 'gone')
}
