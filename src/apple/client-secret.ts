import { SignJWT } from 'jose/jwt/sign'
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
  /** @throws AppleConfigError when a ready-made one has ended, or was made for another client id */
  current(): Promise<string>
  /** What an operator may know of it when Apple refuses it: its header and claims, not its signature. */
  describe(): Readonly<Record<string, unknown>>
}

/** Makes client secrets for one client id, one signature per lifetime. Default: the configured client id. */
export function createClientSecret(config: AppleAuthConfig, clientId: string = config.clientId): ClientSecret {
  return config.credentials.kind === 'key'
    ? signedAsNeeded(clientId, config.credentials)
    : readyMade(config, config.credentials, clientId)
}

/** Signs one client secret, good for so many seconds from `issuedAt`, which is in seconds since 1970. */
export function signClientSecret(
  clientId: string,
  { teamId, keyId, privateKey }: Extract<AppleAuthConfig['credentials'], { kind: 'key' }>,
  issuedAt: number,
  lifetimeSeconds: number,
): Promise<string> {
  return new SignJWT({ iss: teamId, iat: issuedAt, exp: issuedAt + lifetimeSeconds, aud: audience, sub: clientId })
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .sign(privateKey)
}

function signedAsNeeded(clientId: string, key: Extract<AppleAuthConfig['credentials'], { kind: 'key' }>): ClientSecret {
  const { teamId, keyId } = key
  let issuedAt = 0
  let secret: Promise<string> | undefined
  return {
    current() {
      const now = Math.floor(Date.now() / 1000)
      // A clock set back must not leave a secret from the future in use.
      if (secret === undefined || now < issuedAt || now > issuedAt + lifetimeSeconds - reserveSeconds) {
        issuedAt = now
        secret = signClientSecret(clientId, key, now, lifetimeSeconds)
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
  config: AppleAuthConfig,
  { jwt, expiresAt }: Extract<AppleAuthConfig['credentials'], { kind: 'ready-made' }>,
  clientId: string,
): ClientSecret {
  const advice = 'give teamId, keyId and privateKey instead'
  function refuse(message: string): Promise<never> {
    const variable = `${config.envPrefix}CLIENT_SECRET`
    return Promise.reject(new AppleConfigError([{ option: 'clientSecret', variable, message }]))
  }
  return {
    current() {
      if (clientId !== config.clientId) {
        return refuse(`was made for ${config.clientId} and serves no other client id of audiences: ${advice}`)
      }
      if (expiresAt > Date.now() / 1000) return Promise.resolve(jwt)
      return refuse(`has expired while the app ran: make a new one, or ${advice}`)
    },
    describe: () => ({ sub: clientId, aud: audience, exp: expiresAt }),
  }
}
