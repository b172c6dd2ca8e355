import type { Request, Response } from 'express'
import type { AppleClaims, AppleUser } from '../apple/identity.js'
import { AppleArgumentError, AppleIdentityError } from '../errors.js'
import type { AppleOrganization } from '../roster/organization.js'
import type { RosterClient } from '../roster/roster-client.js'
import { renewSession } from '../session/app-session.js'
import { organizationSubject } from '../session/subject.js'
import type { AppleTokens } from '../session/tokens.js'
import { currentAccessToken, renewedAccessToken } from './access-token.js'
import type { Instance } from './instance.js'
import { startLogin } from './login.js'
import { type LoginView, openLogin, readLogin } from './login-view.js'
import type { LoginOptions, RequestApple } from './request-apple.js'
import { RequestState } from './request-state.js'
import { returnPath, routePath } from './return-to.js'
import { believe, noteSettled, settleLogin } from './settle-login.js'
import { signOut } from './sign-out.js'
import { requireStillSignedIn } from './still-signed-in.js'

/** Puts the instance's `RequestApple` on a request as `req.apple`; nothing is read before somebody asks. */
export function putRequestApple(instance: Instance, req: Request): void {
  req.apple = LazyRequestApple.find(instance, req) ?? new LazyRequestApple(instance, req)
}

/** The instance's `RequestApple` of a request, the same one each time. */
export function requestAppleOf(instance: Instance, req: Request): RequestApple {
  return LazyRequestApple.find(instance, req) ?? LazyRequestApple.keep(new LazyRequestApple(instance, req))
}

/** Finds out whether the login still holds, where that is not known; undefined when there is nothing to wait for. */
export function settled(apple: RequestApple): Promise<void> | undefined {
  return LazyRequestApple.is(apple) ? apple.settle() : undefined
}

/** The instance behind `req.apple`; undefined where there is none. */
export function instanceOf(apple: RequestApple | undefined): Instance | undefined {
  return LazyRequestApple.is(apple) ? LazyRequestApple.instanceOf(apple) : undefined
}

/**
 * A request with what instances know of it. What `attach()` has put into `apple` is nowhere else: one property less for
 * every request. Apps may have wrapped it, and another copy of this package may have put its own there.
 */
type Carrier = Request & { apple?: unknown; appleOfInstances?: unknown }

class LazyRequestApple extends RequestState implements RequestApple {
  readonly #instance: Instance
  readonly #req: Request
  /** Another instance's, for the same request. */
  #next: unknown
  #stored: string | undefined
  #view: LoginView | undefined

  constructor(instance: Instance, req: Request) {
    super()
    this.#instance = instance
    this.#req = req
  }

  // No getter: whatever is on req.apple, apps and loggers may read.
  static instanceOf(apple: LazyRequestApple): Instance {
    return apple.#instance
  }

  /** Not what merely inherits from one: its private names are not there. */
  static is(value: unknown): value is LazyRequestApple {
    return typeof value === 'object' && value !== null && #instance in value
  }

  static find(instance: Instance, req: Request): LazyRequestApple | undefined {
    const { apple, appleOfInstances } = req as Carrier
    if (LazyRequestApple.is(apple) && apple.#instance === instance) return apple
    let known = appleOfInstances
    while (LazyRequestApple.is(known) && known.#instance !== instance) known = known.#next
    return LazyRequestApple.is(known) ? known : undefined
  }

  static keep(apple: LazyRequestApple): LazyRequestApple {
    const carrier = apple.#req as Carrier
    apple.#next = carrier.appleOfInstances
    carrier.appleOfInstances = apple
    return apple
  }

  settle(): Promise<void> | undefined {
    return settleLogin(this.#instance, this.#req)
  }

  get #login(): LoginView | undefined {
    const stored = this.#instance.loginRecords.stored(this.#req)
    if (stored !== this.#stored) {
      this.#stored = stored
      this.#view = stored === undefined ? undefined : openLogin(this.#instance, stored)
    }
    return believe(this.#instance, this.#req, this.#view)
  }

  get isAuthenticated(): boolean {
    return this.#login !== undefined
  }

  get user(): AppleUser | undefined {
    return this.#login?.user
  }

  get claims(): AppleClaims | undefined {
    return this.#login?.claims
  }

  get organization(): AppleOrganization | undefined {
    return this.#login?.organization
  }

  get tokens(): AppleTokens | undefined {
    return this.#login?.tokens
  }

  get loginAt(): Date | undefined {
    const login = this.#login
    return login && new Date(login.record.loginAt * 1000)
  }

  get loginUrl(): string {
    return routePath(this.#instance.config, 'login')
  }

  get roster(): RosterClient {
    const client = this.#instance.roster({
      current: () => this.getAccessToken(),
      renewed: (rejected) => renewedAccessToken(this.#instance, this.#req, rejected),
    })
    return {
      ...client,
      organization: async (options) => {
        const organization = await client.organization(options)
        await this.#checkOrganization(organization)
        return organization
      },
    }
  }

  /**
   * A login whose organization could not be read at the time learns it now.
   *
   * @throws AppleIdentityError when it is another than the login's
   */
  async #checkOrganization(organization: AppleOrganization): Promise<void> {
    const login = this.#login
    if (login === undefined) return
    const expected = login.organization?.id ?? login.claims?.org_id
    if (expected !== undefined && expected !== organization.id) {
      throw new AppleIdentityError('The Roster API names another organization than the login.', {
        details: { claimed: expected, read: organization.id },
      })
    }
    if (login.organization !== undefined) return
    await requireStillSignedIn(this.#instance, this.#req)
    const { loginRecords } = this.#instance
    const subjects = new Set([...loginRecords.subjects(this.#req), organizationSubject(organization.id)])
    loginRecords.write(this.#req, { ...login.record, organization: JSON.stringify(organization) }, [...subjects])
    noteSettled(this.#instance, this.#req)
  }

  getAccessToken(): Promise<string> {
    return currentAccessToken(this.#instance, this.#req)
  }

  async login(res: Response, options: LoginOptions = {}): Promise<void> {
    const { config } = this.#instance
    const scope = options.scope === undefined ? config.scope : [options.scope].flat().flatMap((each) => each.split(' '))
    if (!scope.every((each) => config.rules.scopes.includes(each))) {
      throw new AppleArgumentError(`login() takes scopes of this service: ${config.rules.scopes.join(', ')}.`)
    }
    // Signed out and in again in one request: "use another account".
    renewSession(this.#req)
    await startLogin(this.#instance, this.#req, res, { returnTo: returnPath(config, options.returnTo), scope })
  }

  async logout(options: { revoke?: boolean } = {}): Promise<void> {
    const login = readLogin(this.#instance, this.#req)
    await signOut(this.#instance, this.#req, login, options.revoke ?? this.#instance.config.revokeOnLogout)
  }
}
