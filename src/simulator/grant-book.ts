import type { RegisteredClient } from './client-registry.js'
import type { SimulatorPerson } from './person.js'
import { createTokenFamily } from './opaque-token.js'
import type { SimulatorService } from './services.js'

/** One consent: of a person to a group of apps, or of an organization, which has one for all its administrators. */
export interface Grant {
  readonly service: SimulatorService
  readonly consentGroup: string
  /** Who approved first; undefined for a token of the team itself. */
  readonly person: SimulatorPerson | undefined
  /** The school behind a Data Sharing grant. */
  readonly organizationId: string | undefined
  /** Four letters that all its tokens carry. */
  readonly tokenFamily: string
  /** The choice of the first consent that asked for an e-mail address, kept until the grant ends. */
  hideEmail: boolean | undefined
  /** When it began, in milliseconds. */
  readonly openedAt: number
  revoked: boolean
}

/** Whose consent it is. */
export interface GrantOwner {
  readonly service: SimulatorService
  readonly client: RegisteredClient
  readonly person?: SimulatorPerson
  readonly organizationId?: string | undefined
}

/** Which grants to end; members left out match all. */
export interface GrantFilter {
  /** Ends what this app's group was granted. */
  readonly clientId?: string
  readonly personId?: string
  readonly organizationId?: string
}

/** The consents that were given. */
export interface GrantBook {
  /** Finds the live grant, or opens one: then it is the first consent, and the app is told the name. */
  readonly open: (owner: GrantOwner) => { grant: Grant; isFirst: boolean }
  /** The live grant, if there is one. */
  readonly find: (owner: GrantOwner) => Grant | undefined
  /** Ends live grants; answers them. */
  readonly revoke: (matches: (grant: Grant) => boolean) => readonly Grant[]
  /** The live grants, oldest first. */
  readonly list: () => readonly Grant[]
  /** Takes a live grant of an earlier process back. */
  readonly restore: (grant: Grant) => void
}

/** Starts without any consent; `now` is in milliseconds. */
export function createGrantBook(now: () => number): GrantBook {
  const live = new Map<string, Grant>()
  return {
    open({ service, client: { consentGroup }, person, organizationId }) {
      const key = keyOf({ service, consentGroup, person, organizationId })
      const known = live.get(key)
      if (known !== undefined) return { grant: known, isFirst: false }
      const tokenFamily = createTokenFamily()
      const grant: Grant = {
        ...{ service, consentGroup, person, organizationId, tokenFamily },
        hideEmail: undefined,
        openedAt: now(),
        revoked: false,
      }
      live.set(key, grant)
      return { grant, isFirst: true }
    },
    find: ({ service, client: { consentGroup }, person, organizationId }) =>
      live.get(keyOf({ service, consentGroup, person, organizationId })),
    revoke(matches) {
      const ended = [...live].filter(([, grant]) => matches(grant))
      for (const [key, grant] of ended) {
        grant.revoked = true
        live.delete(key)
      }
      return ended.map(([, grant]) => grant)
    },
    list: () => [...live.values()],
    restore(grant) {
      live.set(keyOf(grant), grant)
    },
  }
}

function keyOf({
  service,
  consentGroup,
  organizationId,
  person,
}: Pick<Grant, 'service' | 'consentGroup' | 'organizationId' | 'person'>) {
  return JSON.stringify([service, consentGroup, organizationId ?? person?.id])
}
