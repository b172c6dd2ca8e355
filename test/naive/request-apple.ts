import type { EventEmitter } from 'node:events'
import type { Request } from 'express'
import type { AppleAuthOptions, AppleOrganization, AppleTokens, AppleUser, RequestApple } from '../../src/index.js'
import type { AppleCalls, TokenAnswer } from './apple-calls.js'
import { createRoster } from './roster.js'

// WHAT NOT TO DO: see index.ts.

/** What lies in the session, tokens and all, for everybody to read. */
export interface NaiveSession {
  user?: AppleUser | undefined
  organization?: AppleOrganization
  tokens?: TokenAnswer & { endsAt: number }
  returnTo?: string | undefined
}

/** The request's session, or nothing once it has been destroyed. */
export function sessionOf(req: Request): NaiveSession {
  return (req.session as NaiveSession | undefined) ?? {}
}

/** Adds when the access token ends. */
export function withEnd(tokens: TokenAnswer): TokenAnswer & { endsAt: number } {
  return { ...tokens, endsAt: Date.now() + tokens.expires_in * 1000 }
}

/** Makes `req.apple` out of what the session says. */
export function createRequestApple(
  options: AppleAuthOptions,
  calls: AppleCalls,
  events: EventEmitter,
  req: Request,
): RequestApple {
  const whose = (): object => ({ sub: sessionOf(req).user?.sub, organizationId: sessionOf(req).user?.organizationId })

  async function getAccessToken(): Promise<string> {
    const { tokens } = sessionOf(req)
    if (tokens === undefined) throw new Error('nobody is signed in')
    if (Date.now() < tokens.endsAt) return tokens.access_token
    const fields = { grant_type: 'refresh_token', refresh_token: String(tokens.refresh_token) }
    const fresh = withEnd({ ...tokens, ...(await calls.token(fields)) })
    sessionOf(req).tokens = fresh
    events.emit('refresh', { ...whose(), expiresAt: new Date(fresh.endsAt) })
    return fresh.access_token
  }

  const apple = {
    get isAuthenticated() {
      return sessionOf(req).tokens !== undefined
    },
    get user() {
      return sessionOf(req).user
    },
    get organization() {
      return sessionOf(req).organization
    },
    get tokens() {
      const { tokens } = sessionOf(req)
      if (tokens === undefined) return undefined
      const { access_token: accessToken, refresh_token: refreshToken, id_token: idToken, endsAt } = tokens
      return { accessToken, refreshToken, idToken, expiresAt: new Date(endsAt) } as AppleTokens
    },
    loginUrl: '/auth/apple/login',
    roster: createRoster(options.rosterBaseUrl ?? '', getAccessToken),
    getAccessToken,
    login(res, { returnTo = '/' } = {}) {
      sessionOf(req).returnTo = returnTo
      res.redirect(calls.authorizeUrl({}))
      return Promise.resolve()
    },
    // Apple first: where it does not answer, nobody gets out.
    async logout() {
      const { tokens } = sessionOf(req)
      const payload = { ...whose(), revoked: true }
      if (tokens === undefined) return
      await calls.revoke(tokens.refresh_token ?? tokens.access_token)
      await new Promise((resolve) => req.session.destroy(resolve))
      events.emit('logout', payload)
    },
  } satisfies Partial<RequestApple>
  return apple as unknown as RequestApple
}
