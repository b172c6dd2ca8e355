import { SignJWT } from 'jose'
import type { AppleAuthConfig } from '../config/config.js'
import { AppleConfigError } from '../errors.js'

/**
 * The client secret: a JWT signed with the developer's own key.
 *
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
 */

/** How long one is good for, in seconds. Apple allows 15777000; short ones need no care. */
const lifetimeSeconds = 60 * 60
/** It is made anew when less than this is left, in seconds: more than any clock should be off. */
const reserveSeconds = 15 * 60
/** Always Apple's own name, whatever `baseUrl` is. */
const audience = 'https://appleid.apple.com'

/** Gives the current client secret; signs a new one well before the last one ends. */
export interface ClientSecret {
  current(): Promise<string>
  /** What an operator may know of it when Apple refuses it: its header and claims, not its signature. */
  describe(): Readonly<Record<string, unknown>>
}

/** Makes client secrets for one configuration, one signature per lifetime. */
export function createClientSecret(config: AppleAuthConfig): ClientSecret {
  return config.credentials.kind === 'key'
    ? signedAsNeeded(config.clientId, config.credentials)
    : readyMade(config, config.credentials)
}

function signedAsNeeded(
  clientId: string,
  { teamId, keyId, privateKey }: Extract<AppleAuthConfig['credentials'], { kind: 'key' }>,
): ClientSecret {
  let issuedAt = 0
  let secret: Promise<string> | undefined
  return {
    current() {
      const now = Math.floor(Date.now() / 1000)
      // A clock set back must not leave a secret from the future in use.
      if (secret === undefined || now < issuedAt || now > issuedAt + lifetimeSeconds - reserveSeconds) {
        issuedAt = now
        secret = new SignJWT({ iss: teamId, iat: now, exp: now + lifetimeSeconds, aud: audience, sub: clientId })
          .setProtectedHeader({ alg: 'ES256', kid: keyId })
          .sign(privateKey)
      }
      return secret
    },
    describe: () => ({
      alg: 'ES256',
      kid: keyId,
      iss: teamId,
      sub: clientId,
      aud: audience,
      iat: issuedAt,
      exp: issuedAt + lifetimeSeconds,
    }),
  }
}

function readyMade(
  { clientId, envPrefix }: AppleAuthConfig,
  { jwt, expiresAt }: Extract<AppleAuthConfig['credentials'], { kind: 'ready-made' }>,
): ClientSecret {
  return {
    current() {
      if (expiresAt > Date.now() / 1000) return Promise.resolve(jwt)
      const message = 'has expired while the app ran: make a new one, or give teamId, keyId and privateKey instead'
      return Promise.reject(
        new AppleConfigError([{ option: 'clientSecret', variable: `${envPrefix}CLIENT_SECRET`, message }]),
      )
    },
    describe: () => ({ sub: clientId, aud: audience, exp: expiresAt }),
  }
}
