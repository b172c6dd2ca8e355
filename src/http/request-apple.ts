import type { Response } from 'express'
import type { AppleClaims, AppleUser } from '../apple/identity.js'
import type { AppleOrganization } from '../roster/organization.js'
import type { RosterClient } from '../roster/roster-client.js'
import type { AppleTokens } from '../session/tokens.js'

/**
 * What `attach()` puts on `req.apple`. Reading it without a session throws AppleSessionMissingError, and AppleStoreError
 * when somebody is signed in and `store` does not say whether Apple has ended that login.
 */
export interface RequestApple {
  /** Is somebody signed in, or a school connected, in this browser session? */
  readonly isAuthenticated: boolean
  /** Who is signed in; undefined for nobody, and for a Data Sharing login without an id_token. */
  readonly user: AppleUser | undefined
  /** The verified id_token's claims. */
  readonly claims: AppleClaims | undefined
  /** Data Sharing: the school, read from the Roster API at login. */
  readonly organization: AppleOrganization | undefined
  /** Apple's tokens; printing them shows `[redacted]`. */
  readonly tokens: AppleTokens | undefined
  /** When the login was, undefined for nobody. */
  readonly loginAt: Date | undefined
  /** The path that begins a login, for links. */
  readonly loginUrl: string
  /** The Roster API with this login's rights. */
  readonly roster: RosterClient
  /**
   * The access token, renewed when it is about to end.
   *
   * @throws AppleLoginRequiredError when nobody is signed in or the grant has ended at Apple
   */
  getAccessToken(): Promise<string>
  /**
   * Sends the browser to Apple; it comes back to `returnTo` (default: `postLoginRedirect`). `scope` defaults to the
   * configured one.
   *
   * @throws AppleArgumentError for a scope that the service does not know
   */
  login(res: Response, options?: LoginOptions): Promise<void>
  /** Ends the session, then revokes the tokens at Apple (default: as `revokeOnLogout` says). Sends no answer. */
  logout(options?: { revoke?: boolean }): Promise<void>
}

declare global {
  // Here and not beside attach(), so that whoever sees RequestApple sees this too. Express offers its Request type for
  // extension in this namespace alone.
  namespace Express {
    interface Request {
      /** The Apple login of this browser session; put there by `attach()`. */
      apple: RequestApple
    }
  }
}

/** What `req.apple.login()` takes. */
export interface LoginOptions {
  /** A path on this site. */
  returnTo?: string
  /** As a list, or separated by spaces. */
  scope?: string | readonly string[]
}
