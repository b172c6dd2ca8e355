import type { Request } from 'express'
import { readVerifiedPayload } from '../apple/id-token.js'
import { type AppleClaims, type AppleUser, pickClaims, toUser } from '../apple/identity.js'
import { type AppleOrganization, parseOrganization } from '../roster/organization.js'
import { parseJsonObject } from '../json-object.js'
import { loginTokens } from '../session/login-record.js'
import type { LoginRecord, StoredLogin } from '../session/packed-login.js'
import { type AppleTokens, createTokens } from '../session/tokens.js'
import type { Instance } from './instance.js'

/** A stored login unfolded: what `req.apple` shows of it, each made when it is first read. */
export class LoginView {
  #record: LoginRecord | undefined
  #claims: AppleClaims | undefined
  #user: AppleUser | undefined
  #organization: AppleOrganization | undefined
  #tokens: AppleTokens | undefined

  constructor(
    private readonly stored: StoredLogin,
    private readonly audience: string,
  ) {}

  get record(): LoginRecord {
    this.#record ??= this.stored.record
    return this.#record
  }

  get claims(): AppleClaims | undefined {
    const payload = this.#claims === undefined ? this.#payload() : undefined
    if (payload !== undefined) this.#claims = pickClaims(payload, this.audience)
    return this.#claims
  }

  get user(): AppleUser | undefined {
    const payload = this.#user === undefined ? this.#payload() : undefined
    if (payload !== undefined) this.#user = toUser(payload, parseIfThere(this.stored.unverifiedName))
    return this.#user
  }

  get organization(): AppleOrganization | undefined {
    this.#organization ??= parseOrganization(parseIfThere(this.stored.organization))
    return this.#organization
  }

  get tokens(): AppleTokens | undefined {
    this.#tokens ??= tokensOf(this.record)
    return this.#tokens
  }

  #payload(): Readonly<Record<string, unknown>> | undefined {
    const { idToken } = this.stored
    return idToken === undefined ? undefined : readVerifiedPayload(idToken)
  }
}

/** The login in the request's session, whether or not Apple has ended it; undefined when there is none that can be read. */
export function readLogin(instance: Instance, req: Request): LoginView | undefined {
  const stored = instance.loginRecords.stored(req)
  return stored === undefined ? undefined : openLogin(instance, stored)
}

/** Unfolds a stored login that somebody asks for; an event tells of one that no key opens. */
export function openLogin(instance: Instance, stored: string): LoginView | undefined {
  const login = unfoldLogin(instance, stored)
  if (login !== 'sealed') return login
  instance.events.emit('unsealing_failed', { record: 'login', organizationId: undefined })
  return undefined
}

/** Unfolds a stored login; one of a native app that is ours no longer is nobody's. */
export function unfoldLogin(instance: Instance, text: string): LoginView | 'sealed' | undefined {
  const stored = instance.loginRecords.open(text)
  if (stored === undefined || stored === 'sealed') return stored
  const { clientId, audiences } = instance.config
  const audience = stored.issuedTo ?? clientId
  return audiences.includes(audience) ? new LoginView(stored, audience) : undefined
}

function parseIfThere(json: string | undefined): Readonly<Record<string, unknown>> | undefined {
  return json === undefined ? undefined : parseJsonObject(json)
}

/** A login's tokens as apps see them; undefined where there are none. */
export function tokensOf(record: LoginRecord): AppleTokens | undefined {
  const tokens = loginTokens(record)
  if (tokens === undefined) return undefined
  const { accessToken, accessTokenExpiresAt, refreshToken } = tokens
  const { idToken, scope, requestedScope } = record
  const expiresAt = new Date(accessTokenExpiresAt * 1000)
  return createTokens({ accessToken, tokenType: 'Bearer', expiresAt, refreshToken, idToken, scope, requestedScope })
}
