import { EventEmitter } from 'node:events'
import express, { type Request, type RequestHandler, type Response } from 'express'
import type { AppleAuth, AppleAuthOptions, AppleUser, RequestApple, RequireAppleAuthOptions } from '../../src/index.js'
import { createAppleCalls, decode } from './apple-calls.js'
import { createNotificationsRoute } from './notifications.js'
import { createRequestApple, sessionOf, withEnd } from './request-apple.js'
import { createRoster } from './roster.js'

// WHAT NOT TO DO: see index.ts.

/** The claims as they are, over them whatever the browser posted; the text "false" is true. */
function toUser(claims: Record<string, unknown>, posted: { name?: object } = {}): AppleUser {
  return {
    ...claims,
    ...posted,
    emailVerified: Boolean(claims.email_verified),
    isPrivateEmail: Boolean(claims.is_private_email),
    ...(claims.org_id === undefined ? {} : { organizationId: claims.org_id }),
    ...(posted.name === undefined ? {} : { unverifiedName: posted.name }),
  } as unknown as AppleUser
}

/** Lets in whoever has tokens. */
export function requireAppleAuth({ onUnauthenticated }: RequireAppleAuthOptions = {}): RequestHandler {
  return async function guard(req, res, next) {
    if (req.apple.isAuthenticated) next()
    else if (onUnauthenticated !== undefined) await onUnauthenticated(req, res, next)
    else if (req.accepts(['json', 'html']) === 'html') await req.apple.login(res, { returnTo: req.originalUrl })
    else res.status(401).json({ error: 'login_required', loginUrl: req.apple.loginUrl })
  }
}

/** The package's surface, as far as the tests of the catalogue use it, without what the package is for. */
export function appleAuth(options: AppleAuthOptions = {}): AppleAuth {
  const calls = createAppleCalls(options)
  const events = new EventEmitter()
  const schools = new Map<string, { status: 'working'; token: string }>()
  const from = (req: Request): RequestApple => createRequestApple(options, calls, events, req)

  function login(req: Request, res: Response): void {
    const { returnTo = '/', ...more } = req.query as Record<string, string>
    sessionOf(req).returnTo = returnTo
    res.redirect(calls.authorizeUrl(more))
  }

  // Takes whatever comes, from wherever, for whomever: no state, no nonce, no signature, no new session.
  async function callback(req: Request, res: Response): Promise<void> {
    const answer = { ...req.query, ...req.body } as Record<string, string>
    const { returnTo = '/' } = sessionOf(req)
    if (answer.error === 'user_cancelled_authorize') {
      events.emit('login_cancelled', { returnTo })
      res.redirect(303, options.cancelRedirect ?? '/')
      return
    }
    if (answer.error !== undefined) {
      res.status(400).send(`Apple says ${answer.error}: ${String(answer.error_description)}`)
      return
    }
    const tokens = withEnd(await calls.token({ grant_type: 'authorization_code', code: String(answer.code) }))
    const idToken = answer.id_token ?? tokens.id_token
    const user = idToken === undefined ? undefined : toUser(decode(idToken), JSON.parse(answer.user ?? '{}') as object)
    Object.assign(req.session, { user, tokens })
    if (options.service !== 'sign-in-with-apple') {
      const organization = await from(req).roster.organization()
      sessionOf(req).organization = organization
      schools.set(organization.id, { status: 'working', token: tokens.access_token })
    }
    await options.onLogin?.({ req, user, returnTo } as never)
    events.emit('login', { user, returnTo })
    res.redirect(303, returnTo)
  }

  // By any method, from anywhere, to anywhere.
  async function logout(req: Request, res: Response): Promise<void> {
    await from(req).logout()
    res.redirect(303, (req.query.returnTo as string | undefined) ?? options.postLogoutRedirect ?? '/')
  }

  // No test of the catalogue looks at what it lacks.
  const auth = {
    attach: () => (req, _res, next) => {
      req.apple = from(req)
      next()
    },
    router: () =>
      express
        .Router()
        .get('/login', login)
        .all('/callback', express.urlencoded({ extended: true }), (req, res, next) => {
          callback(req, res).catch((error: unknown) => {
            events.emit('login_failed', { error })
            next(error)
          })
        })
        .all('/logout', logout)
        .post('/notifications', express.json(), createNotificationsRoute(options, events, schools)),
    requireAuth: requireAppleAuth,
    from,
    connections: {
      roster: (id: string) =>
        createRoster(options.rosterBaseUrl ?? '', () => Promise.resolve(schools.get(id)?.token ?? '')),
      get: (id: string) => Promise.resolve(schools.get(id)),
    } as AppleAuth['connections'],
    verifyIdToken: (jwt) => Promise.resolve({ ...toUser(decode(jwt)), claims: decode(jwt) as never }),
    on(event, listener) {
      events.on(event, listener)
      return auth
    },
    close: () => Promise.resolve(),
  } as Partial<AppleAuth> as AppleAuth
  return auth
}
