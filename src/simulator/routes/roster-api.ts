// https://developer.apple.com/documentation/rosterapi
import type { Request } from 'express'
import { emptyAnswer, jsonAnswer } from '../answer.js'
import { parseParameters, queryOf, type Parameters } from '../parameters.js'
import type { RequestNote } from '../request-log.js'
import { parseRosterPath, type RosterPath } from '../roster-path.js'
import { parseLimit, parseRole } from '../roster-query.js'
import { RosterRefusal } from '../roster-refusal.js'
import { openRoster } from '../roster-access.js'
import type { RosterRole } from '../school/population.js'
import type { SchoolRoster } from '../school/school-roster.js'
import { readSequence, type Sequence } from '../school/sequence.js'
import type { SimulatorState } from '../simulator-state.js'
import type { Endpoint } from './endpoint.js'

/** Answers one page of a list; `role` takes part in which list it is. */
type Page = (name: string, list: Sequence<object>, role?: RosterRole) => object

/** All of the Roster API below `/rosterapi/v1`: a GET of one school's people, classes, locations or organization. */
export function rosterEndpoint(state: SimulatorState): Endpoint {
  return function roster(req, _res, note) {
    try {
      return jsonAnswer(readResource(state, req, note))
    } catch (error) {
      if (!(error instanceof RosterRefusal)) throw error
      note.reason = error.reason
      return emptyAnswer(error.status)
    }
  }
}

function readResource(state: SimulatorState, req: Request, note: RequestNote): object {
  const path = req.method === 'GET' || req.method === 'HEAD' ? parseRosterPath(req.path) : undefined
  if (path === undefined) throw new RosterRefusal(404, 'the simulator does not know this resource')
  note.path = path.template
  const { school, roster } = openRoster(state, req.headers.authorization, path.resource, note)
  const query = parseQuery(req)
  const page: Page = (name, list, role) => {
    // A page token of one school, list or role opens no other.
    const listId = JSON.stringify([school.id, path.resource, path.id, role])
    return pageOf(state, query, name, list, listId)
  }
  const found = read(roster, path, query, page)
  if (found === undefined) throw new RosterRefusal(404, `this organization has no such ${path.resource}`)
  // Only an id that the school has: anything else may be a token in the wrong place.
  note.path = req.path
  return found
}

function read(roster: SchoolRoster, path: RosterPath, query: Parameters, page: Page): object | undefined {
  const { resource, id } = path
  if (resource === 'user') return roster.user(id)
  if (resource === 'class') return roster.class(id)
  if (resource === 'location') return roster.location(id)
  if (resource === 'organization') return roster.organization
  if (resource === 'classes') return page('classes', roster.classes)
  if (resource === 'locations') return page('locations', roster.locations)
  if (resource === 'users') {
    const role = parseRole(query)
    return page('users', roster.users(role), role)
  }
  const role = parseRole(query, ['Student', 'Instructor'])
  const list = roster.classUsers(id, role)
  return list === undefined ? undefined : page('users', list, role)
}

function pageOf(
  { config, pageTokens }: SimulatorState,
  query: Parameters,
  name: string,
  list: Sequence<object>,
  listId: string,
): object {
  const limit = parseLimit(query, config.rosterMaxLimit)
  const start = query.has('pageToken') ? pageTokens.read(listId, query.get('pageToken') ?? '') : 0
  if (start === undefined) {
    throw new RosterRefusal(400, 'the pageToken was changed, or belongs to another list, school or role')
  }
  const end = Math.min(start + limit, list.length)
  const moreToFollow = end < list.length
  const hasToken = moreToFollow || config.rosterLastPageToken === 'sent'
  return {
    [name]: readSequence(list, start, end),
    moreToFollow,
    ...(hasToken && { nextPageToken: pageTokens.issue(listId, end) }),
  }
}

function parseQuery(req: Request): Parameters {
  const query = parseParameters(queryOf(req))
  if (!query.wellFormed) throw new RosterRefusal(400, 'the query is not percent-encoded UTF-8')
  if (query.repeated !== undefined) throw new RosterRefusal(400, 'a parameter is repeated')
  return query
}
