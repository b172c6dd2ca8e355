import type { AuthorizationRequest } from './authorization-request.js'
import { isManaged, type Directory } from './directory.js'
import type { SimulatorPerson } from './person.js'
import { testOrganization } from './seed.js'
import { testScope } from './services.js'

/** Somebody on the consent page. */
export interface Candidate {
  readonly person: SimulatorPerson
  /** Why this person cannot approve; undefined for somebody who can. */
  readonly refusal: string | undefined
}

/** Lists who could answer a request, and why some may not. */
export function listCandidates(request: AuthorizationRequest, { people }: Directory): readonly Candidate[] {
  return (
    people
      // The records of the test organization are data, not accounts.
      .filter(({ organizationId }) => organizationId !== testOrganization.id)
      .map((person) => ({ person, refusal: refusalOf(request, person) }))
  )
}

/** The organization whose data a person opens; undefined where the request is not about one. */
export function approvedOrganization(request: AuthorizationRequest, person: SimulatorPerson): string | undefined {
  if (request.service === 'sign-in-with-apple') return undefined
  return request.scopes.includes(testScope) ? testOrganization.id : person.organizationId
}

/** Who would approve for an organization: the first of its people who may; for Apple's own, the developer account. */
export function firstApprover(organizationId: string, { people }: Directory): SimulatorPerson | undefined {
  if (organizationId === testOrganization.id) return people.find(({ role }) => role === 'developer')
  return people.find((person) => person.organizationId === organizationId && mayApprove(person))
}

function mayApprove({ role }: SimulatorPerson): boolean {
  return role === 'administrator' || role === 'site-manager'
}

function refusalOf({ service, scopes }: AuthorizationRequest, person: SimulatorPerson): string | undefined {
  if (service === 'sign-in-with-apple') return undefined
  if (scopes.includes(testScope)) {
    return person.role === 'developer' ? undefined : 'Only the developer account approves the test scope.'
  }
  if (!isManaged(person)) return 'This account belongs to no school.'
  return mayApprove(person) ? undefined : 'Only an administrator or a site manager approves for a school.'
}
