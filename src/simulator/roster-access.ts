// https://developer.apple.com/documentation/rosterapi
import { readBearer } from './bearer-token.js'
import type { SimulatorSchool } from './person.js'
import type { RequestNote } from './request-log.js'
import type { RosterResource } from './roster-path.js'
import { RosterRefusal } from './roster-refusal.js'
import type { SchoolRoster } from './school/school-roster.js'
import { rosterScopes, testScope } from './services.js'
import type { SimulatorConfig } from './simulator-options.js'
import type { SimulatorState } from './simulator-state.js'

/**
 * Finds the one school that the bearer token opens.
 * @throws RosterRefusal 401 for a token that opens nothing, 403 where its scopes do not reach
 */
export function openRoster(
  state: SimulatorState,
  header: string | undefined,
  resource: RosterResource,
  note: RequestNote,
): { school: SimulatorSchool; roster: SchoolRoster } {
  const authorization = readBearer(state, header)
  // Tokens outlive a restart in the state file, registrations do not.
  const client = state.clients.find(authorization?.clientId)
  if (authorization === undefined || client === undefined) {
    throw new RosterRefusal(401, 'the access token is missing, unknown, expired or revoked')
  }
  note.clientId = client.clientId
  const { scopes, grant } = authorization
  const school = state.directory.school(grant.organizationId ?? '')
  if (school === undefined || !scopes.some((scope) => rosterScopes.includes(scope))) {
    throw new RosterRefusal(403, 'the access token has no scope for the Roster API')
  }
  if (!isCovered(resource, scopes, state.config)) {
    throw new RosterRefusal(403, `the scope ${scopes.join(' ')} does not cover ${resource}`)
  }
  return { school, roster: state.rosterOf(school, client.teamId) }
}

function isCovered(resource: RosterResource, scopes: readonly string[], config: SimulatorConfig): boolean {
  if (scopes.includes(testScope)) return true
  const users = scopes.includes('edu.users.read')
  const classes = scopes.includes('edu.classes.read')
  const covered = { either: users || classes, users, classes, both: users && classes }
  if (resource === 'users' || resource === 'user') return covered.users
  if (resource === 'classes' || resource === 'class') return covered.classes
  return resource === 'classUsers' ? covered[config.rosterClassUsersScope] : covered.either
}
