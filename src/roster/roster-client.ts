import type { BoundedFetch } from '../apple/bounded-fetch.js'
import { startAbortable } from './abortable.js'
import { parseClass, type RosterClass } from './class.js'
import { malformedAnswer } from './failures.js'
import { parseLocation, type RosterLocation } from './location.js'
import { type AppleOrganization, parseOrganization } from './organization.js'
import { requireId, resourcePath } from './resource-path.js'
import { createRosterList, type RosterList } from './roster-list.js'
import {
  checkOptions,
  type RosterClassUsersOptions,
  type RosterListOptions,
  type RosterRequestOptions,
  type RosterUsersOptions,
} from './roster-options.js'
import { parseItem, parsePage } from './roster-page.js'
import { type AccessTokens, createReadResource, type ReadResource, type RosterPatience } from './roster-request.js'
import { parseUser, type RosterUser } from './user.js'

export type { AccessTokens, RosterPatience } from './roster-request.js'

/**
 * The Roster API, read with one access token's rights.
 *
 * Whatever it returns rejects with AppleRosterError where Apple refuses (401 even with a new access token, 403, 404, 429
 * for too long, 5xx again and again) or answers with something that is no answer, with AppleUnavailableError where Apple
 * does not answer, and with what keeps it from an access token, such as AppleLoginRequiredError. The error for an id that
 * Apple does not know has the status 404.
 *
 * @see https://developer.apple.com/documentation/rosterapi
 */
export interface RosterClient {
  /** Reads the organization that the access token belongs to. */
  organization(options?: RosterRequestOptions): Promise<AppleOrganization>
  /** Everybody, or everybody of a role. @throws AppleArgumentError for options it does not take */
  users(options?: RosterUsersOptions): RosterList<RosterUser>
  user(id: string, options?: RosterRequestOptions): Promise<RosterUser>
  /** @throws AppleArgumentError for options it does not take */
  classes(options?: RosterListOptions): RosterList<RosterClass>
  class(id: string, options?: RosterRequestOptions): Promise<RosterClass>
  /** The students and instructors of a class. @throws AppleArgumentError for an id or options it does not take */
  classUsers(id: string, options?: RosterClassUsersOptions): RosterList<RosterUser>
  /** @throws AppleArgumentError for options it does not take */
  locations(options?: RosterListOptions): RosterList<RosterLocation>
  location(id: string, options?: RosterRequestOptions): Promise<RosterLocation>
}

type Parse<T> = (value: unknown) => T | undefined

/**
 * Makes a client over a source of access tokens; they are sent to `rosterBaseUrl` and nowhere else.
 *
 * `triesAgain: false` is for where a person waits: what may pass is not waited for. Default: true.
 */
export function createRosterClient(
  rosterBaseUrl: string,
  boundedFetch: BoundedFetch,
  accessTokens: AccessTokens,
  patience: RosterPatience = { triesAgain: true },
): RosterClient {
  const readResource = createReadResource(rosterBaseUrl, boundedFetch, accessTokens, patience)
  const readById = createReadById(readResource)
  const list = createList(readResource)

  return {
    async organization(options) {
      checkOptions('organization', options)
      return readOne(readResource, '/organization', '/organization', parseOrganization, options)
    },
    users(options) {
      checkOptions('users', options, { hasLimit: true, roles: ['Student', 'Instructor', 'Staff'] })
      return list('/users', () => '/users', 'users', parseUser, options)
    },
    user: readById('user', '/users/{id}', parseUser),
    classes(options) {
      checkOptions('classes', options, { hasLimit: true })
      return list('/classes', () => '/classes', 'classes', parseClass, options)
    },
    class: readById('class', '/classes/{id}', parseClass),
    classUsers(id, options) {
      requireId('classUsers', id)
      checkOptions('classUsers', options, { hasLimit: true, roles: ['Student', 'Instructor'] })
      const template = '/classes/{id}/users'
      return list(template, () => resourcePath(template, id), 'users', parseUser, options)
    },
    locations(options) {
      checkOptions('locations', options, { hasLimit: true })
      return list('/locations', () => '/locations', 'locations', parseLocation, options)
    },
    location: readById('location', '/locations/{id}', parseLocation),
  }
}

async function readOne<T>(
  readResource: ReadResource,
  template: string,
  path: string,
  parse: Parse<T>,
  { signal }: RosterRequestOptions = {},
): Promise<T> {
  const parsed = parse(await startAbortable(signal, (own) => readResource({ template, path }, own)).result)
  if (parsed === undefined) throw malformedAnswer(template, 'nothing that has an id')
  return parsed
}

function createReadById(readResource: ReadResource) {
  return function readById<T>(method: string, template: string, parse: Parse<T>) {
    return async function read(id: string, options?: RosterRequestOptions): Promise<T> {
      requireId(method, id)
      checkOptions(method, options)
      return readOne(readResource, template, resourcePath(template, id), parse, options)
    }
  }
}

function createList(readResource: ReadResource) {
  return function list<T>(
    template: string,
    path: () => string,
    field: string,
    parse: Parse<T>,
    { signal, limit, role }: RosterUsersOptions = {},
  ): RosterList<T> {
    return createRosterList({
      template,
      signal,
      async readPage(pageToken, own) {
        const query = new URLSearchParams()
        if (limit !== undefined) query.set('limit', String(limit))
        if (role !== undefined) query.set('role', role)
        if (pageToken !== undefined) query.set('pageToken', pageToken)
        const search = query.toString()
        const resource = { template, path: search === '' ? path() : `${path()}?${search}` }
        return parsePage(template, await readResource(resource, own), field)
      },
      parse: (value) => parseItem(template, field, parse, value),
    })
  }
}
