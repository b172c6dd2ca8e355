import { AppleArgumentError, AppleRosterError } from '../errors.js'
import { isId } from './fields.js'

/** What no id of Apple's holds and what could lead a URL elsewhere; a lone surrogate cannot be encoded at all. */
const impossible = /^\.\.?$|[/\\?#%\p{Cc}\p{Cs}]/u

/**
 * Checks the id that a method was given.
 *
 * @throws AppleArgumentError for one that is no text, or an empty one
 */
export function requireId(method: string, id: unknown): void {
  if (typeof id === 'string' && id !== '') return
  throw new AppleArgumentError(
    `${method}() takes an id as its first argument: a text, as the Roster API's objects have.`,
  )
}

/**
 * Puts an id into the path of a resource, such as `/users/{id}`.
 *
 * @throws AppleRosterError of status 404 for an id that nothing of Apple's can have: no request is made for it
 */
export function resourcePath(template: string, id: string): string {
  if (!isId(id) || impossible.test(id)) {
    throw new AppleRosterError(
      `Nothing at ${template} of the Roster API can have that id, so it was not asked.`,
      undefined,
      {
        status: 404,
        details: { path: template, attempts: 0 },
      },
    )
  }
  return template.replace('{id}', () => encodeURIComponent(id))
}
