import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { type AppleClaims, type AppleIdentity, toIdentity } from '../apple/identity.js'
import { AppleArgumentError, AppleAttachMissingError, AppleIdTokenError } from '../errors.js'
import { bearerToken, challenge } from './bearer.js'
import type { Instance } from './instance.js'
import { instanceOf } from './lazy-request-apple.js'
import { requireConsent } from './require-consent.js'

declare global {
  // Express offers its Request type for extension in this namespace alone.
  namespace Express {
    interface Request {
      /** Who sent this request; put there by `requireAppleIdentityToken()`. */
      appleIdentity: AppleIdentity
    }
  }
}

/** What `requireAppleIdentityToken()` takes. */
export interface RequireAppleIdentityTokenOptions {
  /** Whom the token must be for. Default: `clientId` and `audiences`. */
  audience?: string | readonly string[]
  /** The oldest token taken, in seconds since Apple issued it. Default: 24 hours. */
  maxAge?: number
  /** The name that challenges give what is guarded (RFC 7235). Default: `apple`. */
  realm?: string
}

/**
 * Guards a route of an API without sessions: lets a request pass only with `Authorization: Bearer <identity token>`, the
 * token being one of Apple's for this app that nobody has taken back, and puts who sent it on `req.appleIdentity`.
 *
 * What does not pass is answered by RFC 6750: 401 with a challenge in `WWW-Authenticate`, 400 for a header that is none.
 * Works on the instance named `apple`, through `attach()`; no session is needed.
 *
 * @throws AppleArgumentError at once for options it does not take
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export function requireAppleIdentityToken(options: RequireAppleIdentityTokenOptions = {}): RequestHandler {
  return createIdentityTokenGuard(options, (req) => {
    const instance = instanceOf(req.apple)
    if (instance !== undefined) return instance
    throw new AppleAttachMissingError(
      'requireAppleIdentityToken() found no req.apple: mount app.use(apple.attach()) before this route. ' +
        'An instance with a name of its own is guarded by its requireIdentityToken().',
    )
  })
}

/** Makes a guard for the instance that a request belongs to. */
export function createIdentityTokenGuard(
  options: RequireAppleIdentityTokenOptions,
  instanceFor: (req: Request) => Instance,
): RequestHandler {
  const rules = parseOptions(options)
  return function requireAppleIdentityToken(req: Request, res: Response, next: NextFunction) {
    letsPass(rules, instanceFor, req, res).then((passes) => {
      if (passes) next()
    }, next)
  }
}

type Rules = RequireAppleIdentityTokenOptions & { readonly realm: string }

/** Does the request pass? If not, it has been answered. */
async function letsPass(
  rules: Rules,
  instanceFor: (req: Request) => Instance,
  req: Request,
  res: Response,
): Promise<boolean> {
  const instance = instanceFor(req)
  const token = bearerToken(req)
  if (token === undefined || token === 'malformed') {
    challenge(res, rules.realm, token === undefined ? undefined : 'invalid_request')
    return false
  }
  try {
    const claims = await verify(instance, token, rules)
    req.appleIdentity = toIdentity(claims)
  } catch (error) {
    if (!(error instanceof AppleIdTokenError)) throw error
    instance.events.note('an identity token was refused', error)
    challenge(res, rules.realm, 'invalid_token')
    return false
  }
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'no-store')
  return true
}

async function verify(instance: Instance, token: string, rules: Rules): Promise<AppleClaims> {
  const { config, verifyIdToken } = instance
  const claims = await verifyIdToken(token, { audience: rules.audience ?? config.audiences })
  const ageSeconds = Date.now() / 1000 - claims.iat
  if (rules.maxAge !== undefined && ageSeconds > rules.maxAge + config.clockToleranceSeconds) {
    throw new AppleIdTokenError('The id_token is older than maxAge allows.', { details: { sub: claims.sub } })
  }
  await requireConsent(instance, claims)
  return claims
}

const optionNames: Readonly<Record<keyof RequireAppleIdentityTokenOptions, true>> = {
  audience: true,
  maxAge: true,
  realm: true,
}

function parseOptions(options: RequireAppleIdentityTokenOptions): Rules {
  const refuse = (message: string): never => {
    throw new AppleArgumentError(`requireAppleIdentityToken(): ${message}`)
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(optionNames, name))
  if (unknown !== undefined) refuse(`there is no option ${unknown}; it takes ${Object.keys(optionNames).join(', ')}.`)
  const { audience, maxAge, realm = 'apple' } = options
  for (const name of ['audience', 'maxAge'] as const) {
    if (name in options && options[name] === undefined) refuse(`${name} is undefined; leave it out for the default.`)
  }
  if (audience !== undefined && ![audience].flat().every((each) => typeof each === 'string' && each !== '')) {
    refuse('audience must be a client id, or a list of them.')
  }
  if (Array.isArray(audience) && audience.length === 0) refuse('audience must not be empty.')
  if (maxAge !== undefined && !(Number.isFinite(maxAge) && maxAge > 0)) refuse('maxAge must be seconds, more than 0.')
  if (!/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(realm)) refuse('realm must be plain characters without " and \\.')
  return { ...options, realm }
}
