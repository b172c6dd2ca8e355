import { AppleArgumentError } from '../errors.js'
import { isObject } from './fields.js'

/**
 * What the methods of the Roster client take.
 *
 * @see https://developer.apple.com/documentation/rosterapi
 */

/** What every method takes. */
export interface RosterRequestOptions {
  /** Stops the request, its waiting and what is fetched ahead; the rejection is the signal's reason. Default: none. */
  signal?: AbortSignal | undefined
}

/** What lists take. */
export interface RosterListOptions extends RosterRequestOptions {
  /** How many items a page holds; Apple's maximum is not known. Default: not sent, which is 100 at Apple. */
  limit?: number | undefined
}

/** What `users()` takes. */
export interface RosterUsersOptions extends RosterListOptions {
  /** Only people of this role. Default: everybody. */
  role?: 'Student' | 'Instructor' | 'Staff' | undefined
}

/** What `classUsers()` takes. */
export interface RosterClassUsersOptions extends RosterListOptions {
  /** Only people of this role. Default: everybody. */
  role?: 'Student' | 'Instructor' | undefined
}

/** The options beyond `signal` that a method has. */
export interface MethodOptions {
  readonly hasLimit?: boolean
  /** The roles that Apple documents for the method. */
  readonly roles?: readonly string[]
}

/**
 * Checks what a method was given, as JavaScript gives anything.
 *
 * @throws AppleArgumentError for an option that it does not have, or of a value that it does not take
 */
export function checkOptions(method: string, options: unknown, { hasLimit = false, roles }: MethodOptions = {}): void {
  if (options === undefined) return
  const known = ['signal', ...(hasLimit ? ['limit'] : []), ...(roles === undefined ? [] : ['role'])]
  const takes = `${method}() takes ${known.join(', ')}`
  if (!isObject(options)) {
    throw new AppleArgumentError(`${takes} as an object; leave it out for none.`)
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new AppleArgumentError(`${method}() has no option ${JSON.stringify(unknown.slice(0, 50))}; ${takes}.`)
  }
  const { signal, limit, role } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new AppleArgumentError(`${method}(): signal must be an AbortSignal, as an AbortController's signal is.`)
  }
  if (limit !== undefined && !(Number.isSafeInteger(limit) && Number(limit) >= 1)) {
    throw new AppleArgumentError(`${method}(): limit must be a whole number from 1 on; leave it out for Apple's 100.`)
  }
  if (role !== undefined && !roles?.some((each) => each === role)) {
    throw new AppleArgumentError(
      `${method}(): role must be one of ${String(roles?.join(', '))}; leave it out for everybody.`,
    )
  }
}
