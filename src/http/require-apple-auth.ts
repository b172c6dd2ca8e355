import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { AppleAttachMissingError, AppleForbiddenError } from '../errors.js'
import { findMissing, type Missing } from './guard-conditions.js'
import { type GuardRules, parseGuardOptions, type RequireAppleAuthOptions } from './guard-options.js'
import { settled } from './lazy-request-apple.js'
import type { RequestApple } from './request-apple.js'
import { isNavigation } from './request-origin.js'

/**
 * Guards a route: lets a request pass only when somebody is signed in at the instance named `apple` and every given
 * condition holds.
 *
 * Nobody signed in: a browser opening a page goes to Apple and comes back to it; anything else gets
 * `401 {"error":"login_required","loginUrl":…}`. Signed in but not allowed: 403 with what is missing. What passes is
 * sent with `Cache-Control: no-store` unless the route says otherwise, so that Back after a logout shows nothing.
 *
 * @throws AppleArgumentError at once for options it does not take
 */
export function requireAppleAuth(options: RequireAppleAuthOptions = {}): RequestHandler {
  return createGuard(options, (req) => {
    const apple = req.apple as RequestApple | undefined
    if (apple !== undefined) return apple
    throw new AppleAttachMissingError(
      'requireAppleAuth() found no req.apple: mount app.use(apple.attach()) before this route. ' +
        'An instance with a name of its own is guarded by its requireAuth().',
    )
  })
}

/** Makes a guard over a way to get at a request's login. */
export function createGuard(
  options: RequireAppleAuthOptions,
  from: (req: Request) => RequestApple,
  knownScopes?: readonly string[],
): RequestHandler {
  const rules = parseGuardOptions(options, knownScopes)
  const { maxAge, organization, check } = rules
  const wantsLoginAlone = rules.scope.length === 0 && (maxAge ?? organization ?? check) === undefined
  return function guardAppleRoute(req: Request, res: Response, next: NextFunction) {
    try {
      const apple = from(req)
      const settling = settled(apple)
      // Nearly every request passes here, and pays for no promise.
      if (settling !== undefined || !wantsLoginAlone || !apple.isAuthenticated) {
        letsPass(rules, apple, settling, req, res, next).then((passes) => {
          if (passes) pass(res, next)
        }, next)
        return
      }
    } catch (error) {
      next(error)
      return
    }
    pass(res, next)
  }
}

function pass(res: Response, next: NextFunction): void {
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'no-store')
  next()
}

/** Does the request pass? If not, it has been answered. */
async function letsPass(
  rules: GuardRules,
  apple: RequestApple,
  settling: Promise<void> | undefined,
  req: Request,
  res: Response,
  next: NextFunction,
): Promise<boolean> {
  await settling
  if (!apple.isAuthenticated) {
    await refuseStranger(rules, apple, req, res, next)
    return false
  }
  const missing = await findMissing(rules, apple, req)
  if (missing === undefined) return true
  const scope = rules.stepUp === true && isNavigation(req) ? stepUpScope(missing, apple) : undefined
  if (scope === undefined) refuse(missing, req, res)
  else await apple.login(res, { returnTo: req.originalUrl, scope })
  return false
}

async function refuseStranger(
  { onUnauthenticated }: GuardRules,
  apple: RequestApple,
  req: Request,
  res: Response,
  next: NextFunction,
): Promise<void> {
  if (onUnauthenticated !== undefined) {
    await onUnauthenticated(req, res, next)
  } else if (isNavigation(req)) {
    await apple.login(res, { returnTo: req.originalUrl })
  } else {
    res.setHeader('Cache-Control', 'no-store')
    res.status(401).json({ error: 'login_required', loginUrl: apple.loginUrl })
  }
}

/** The scopes to ask for in a login that would help; undefined when none would, or when it has been tried. */
function stepUpScope(missing: Missing, apple: RequestApple): readonly string[] | undefined {
  if (missing.organization === true || missing.check === true) return undefined
  const asked = apple.tokens?.requestedScope.split(' ').filter(Boolean) ?? []
  const wanted = missing.scope ?? []
  // Asked for and not granted: asking again would go round in circles.
  if (wanted.some((scope) => asked.includes(scope))) return undefined
  return [...asked, ...wanted]
}

function refuse(missing: Missing, req: Request, res: Response): void {
  if (isNavigation(req)) {
    throw new AppleForbiddenError('The login does not meet what this route requires; see details.missing.', {
      details: { missing },
    })
  }
  res.setHeader('Cache-Control', 'no-store')
  res.status(403).json({ error: missing.scope === undefined ? 'forbidden' : 'insufficient_scope', missing })
}
