import type { Request } from 'express'
import { AppleLoginRequiredError, AppleSessionStoreError } from '../errors.js'
import type { GuardRules } from './guard-options.js'
import type { RequestApple } from './request-apple.js'

/** How long a guard waits for a school that it does not know yet, in milliseconds: a person waits for the page. */
const longestReadMs = 3000

/** What a login lacks; API clients get it as `missing`. */
export interface Missing {
  /** Scopes that were not granted. */
  scope?: readonly string[]
  /** The most seconds since the login that the route allows. */
  maxAge?: number
  /** The login belongs to another organization, or to none. */
  organization?: true
  /** The app's own condition says no. */
  check?: true
}

/** Holds a login against a guard's rules; undefined when nothing is missing. */
export async function findMissing(rules: GuardRules, apple: RequestApple, req: Request): Promise<Missing | undefined> {
  const { scope, maxAge, organization, check } = rules
  const granted = scope.length === 0 ? [] : (apple.tokens?.scope.split(' ') ?? [])
  const lacking = scope.filter((each) => !granted.includes(each))
  if (lacking.length > 0) return { scope: lacking }
  if (maxAge !== undefined && secondsSince(apple.loginAt) > maxAge) return { maxAge }
  if (organization !== undefined) {
    const wanted = typeof organization === 'string' ? organization : await organization(req)
    // No organization on either side is no match.
    if (!wanted || wanted !== (await organizationId(apple))) return { organization: true }
  }
  // A check that forgets to return, or returns something merely truthy, has not said yes.
  const answer: unknown = check === undefined ? true : await check(apple, req)
  if (answer !== true) return { check: true }
  return undefined
}

function secondsSince(date: Date | undefined): number {
  return Math.floor((Date.now() - (date?.getTime() ?? -Infinity)) / 1000)
}

async function organizationId(apple: RequestApple): Promise<string | undefined> {
  const known = apple.organization?.id ?? apple.user?.organizationId
  if (known !== undefined) return known
  try {
    return (await apple.roster.organization({ signal: AbortSignal.timeout(longestReadMs) })).id
  } catch (error) {
    if (error instanceof AppleLoginRequiredError || error instanceof AppleSessionStoreError) throw error
    // Unknown is not allowed; the Roster API says more to whoever asks it.
    return undefined
  }
}
