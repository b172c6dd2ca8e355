import { createHash } from 'node:crypto'
import { nonceForms } from '../apple/id-token.js'
import type { AppleClaims } from '../apple/identity.js'
import type { TokenResponse } from '../apple/token-response.js'
import { AppleIdentityError, AppleIdTokenError, AppleNativeLoginError } from '../errors.js'
import type { Identity } from './identity-request.js'
import type { Instance } from './instance.js'
import { loginStart } from './login-start.js'
import type { NativeLogin } from './native-login.js'
import { requireConsent } from './require-consent.js'

/** Who a native app's person is. */
export interface NativeIdentity {
  readonly identity: Identity & { readonly claims: AppleClaims }
  /** Makes the identity token good again: the login that it was for did not come about. Never rejects. */
  readonly release: () => Promise<void>
}

/**
 * Verifies the identity token, lets it start one session on all nodes together, and exchanges the code under the client id
 * that both belong to.
 *
 * @throws AppleIdTokenError, AppleTokenError, AppleUnavailableError
 * @throws AppleIdentityError when the code is another person's
 * @throws AppleStoreError when `store` does not say whether the token has been used
 */
export async function requestNativeIdentity(instance: Instance, login: NativeLogin): Promise<NativeIdentity> {
  const { config } = instance
  const { identityToken, authorizationCode: code, nonce, redirectUri } = login
  if (redirectUri !== undefined && redirectUri !== config.redirectUri) {
    const name = `redirectUri, ${config.envPrefix}REDIRECT_URI`
    throw new AppleNativeLoginError(`The native login names another redirectUri than this app's own (${name}).`)
  }
  const claims = await instance.verifyIdToken(identityToken, {
    audience: config.audiences,
    ...(nonce === undefined ? {} : { nonce: nonceForms(nonce) }),
    ...(code === undefined ? {} : { code }),
  })
  if (claims.nonce !== undefined && nonce === undefined) {
    throw new AppleIdTokenError('The identityToken has a nonce, and the app posted none to compare it with.')
  }
  // Web logins leave such tokens behind, and what guards those is the code.
  if (claims.aud === config.clientId && code === undefined) {
    throw new AppleIdTokenError('An identityToken for clientId itself signs nobody in without its authorizationCode.')
  }
  // Apple exchanges no code from before the end of a consent, so the second of it need not count.
  if (code === undefined) await requireConsent(instance, claims)
  else await requireConsent(instance, claims, loginStart({ loginAt: Date.now() / 1000 }, claims))
  const release = await useOnce(instance, identityToken, claims)
  try {
    const tokens = code === undefined ? undefined : await exchange(instance, claims, code, redirectUri)
    return { identity: { tokens, claims, idToken: identityToken, organization: undefined }, release }
  } catch (error) {
    await release()
    throw error
  }
}

async function exchange(
  { client, verifyIdToken }: Instance,
  claims: AppleClaims,
  code: string,
  redirectUri: string | undefined,
): Promise<TokenResponse> {
  const tokens = await client.exchangeNativeCode(code, claims.aud, redirectUri)
  if (tokens.idToken === undefined) {
    throw new AppleIdTokenError('Apple sent no id_token for the authorizationCode, so nothing says whose it is.')
  }
  const { accessToken } = tokens
  const exchanged = await verifyIdToken(tokens.idToken, { accessToken, audience: claims.aud })
  if (exchanged.sub === claims.sub) return tokens
  throw new AppleIdentityError('The authorizationCode belongs to another person than the identityToken.', {
    details: { claimed: claims.sub, exchanged: exchanged.sub },
  })
}

/** Lets an identity token start one session; gives what makes it good again. */
async function useOnce(instance: Instance, jwt: string, claims: AppleClaims): Promise<() => Promise<void>> {
  const { leases, events, config } = instance
  // What was signed: a signature's own text can be changed a little and still be the same bytes.
  const signed = jwt.slice(0, jwt.lastIndexOf('.'))
  const name = `identity-token:${createHash('sha256').update(signed).digest('base64url')}`
  const leftMs = (claims.exp + config.clockToleranceSeconds) * 1000 - Date.now()
  const lease = await leases.take(name, Math.max(1, Math.ceil(leftMs)))
  if (lease === undefined) {
    throw new AppleIdTokenError(
      'The identityToken has signed somebody in before, or the store was too slow to say that it has not: get a new one.',
    )
  }
  return () =>
    lease.release().catch((error: unknown) => {
      events.note('an identity token could not be made good again', error)
    })
}
