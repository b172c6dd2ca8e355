import type { NextFunction, Request, Response } from 'express'
import { AppleArgumentError } from '../errors.js'
import type { RequestApple } from './request-apple.js'

/** What `requireAppleAuth()` takes; each given condition must hold. */
export interface RequireAppleAuthOptions {
  /** Scopes the login must have been granted, as a list or separated by spaces. Default: none. */
  scope?: string | readonly string[]
  /** The most seconds since the login. Default: any age. */
  maxAge?: number
  /** The organization's id, or a function of the request that gives it (nothing: nobody may). Default: any or none. */
  organization?: string | ((req: Request) => string | undefined | Promise<string | undefined>)
  /** The app's own condition: anything but `true` means no. Default: none. */
  check?: (apple: RequestApple, req: Request) => boolean | Promise<boolean>
  /** Answers a request without a login instead of the redirect or the 401. Default: none. */
  onUnauthenticated?: (req: Request, res: Response, next: NextFunction) => void | Promise<void>
  /** Whether a page that lacks a scope, or whose login is too old, starts a login for it. Default: false, it gets 403. */
  stepUp?: boolean
}

/** The checked options. */
export interface GuardRules extends Omit<RequireAppleAuthOptions, 'scope'> {
  readonly scope: readonly string[]
}

const kinds: Readonly<Record<keyof RequireAppleAuthOptions, readonly string[]>> = {
  scope: ['string', 'object'],
  maxAge: ['number'],
  organization: ['string', 'function'],
  check: ['function'],
  onUnauthenticated: ['function'],
  stepUp: ['boolean'],
}

/**
 * Checks what a guard was given, when the route is defined; `known` are the scopes of the instance's service.
 *
 * @throws AppleArgumentError for an unknown name or a wrong value, so that no route is open by a slip
 */
export function parseGuardOptions(options: RequireAppleAuthOptions, known?: readonly string[]): GuardRules {
  if ('headers' in options && 'method' in options) {
    throw new AppleArgumentError('requireAppleAuth is to be called: write requireAppleAuth(), not requireAppleAuth.')
  }
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!Object.hasOwn(kinds, name)) {
      throw new AppleArgumentError(
        `requireAppleAuth() has no option ${name}: it takes ${Object.keys(kinds).join(', ')}.`,
      )
    }
    const allowed = kinds[name as keyof RequireAppleAuthOptions]
    // An undefined value is most often a variable that is not set, and would open the route.
    if (!allowed.includes(typeof value)) {
      throw new AppleArgumentError(`requireAppleAuth(): ${name} must be a ${allowed.join(' or a ')}.`)
    }
  }
  const { maxAge, organization } = options
  if (maxAge !== undefined && !(maxAge >= 1)) {
    throw new AppleArgumentError('requireAppleAuth(): maxAge must be a number of seconds, 1 or more.')
  }
  if (organization === '') throw new AppleArgumentError('requireAppleAuth(): organization must not be empty.')
  const scope = 'scope' in options ? parseScope(options.scope) : []
  const stranger = scope.find((each) => known?.includes(each) === false)
  if (stranger !== undefined) {
    throw new AppleArgumentError(
      `requireAuth(): this instance's service has no such scope: it knows ${known?.join(', ') ?? ''}.`,
    )
  }
  return { ...options, scope }
}

function parseScope(scope: unknown): readonly string[] {
  const parts: unknown[] = typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope : []
  const scopes = parts.filter((each): each is string => typeof each === 'string' && /^\S+$/.test(each))
  if (scopes.length === 0 || scopes.length !== parts.length) {
    throw new AppleArgumentError('requireAppleAuth(): scope must name at least one scope, separated by single spaces.')
  }
  return scopes
}
