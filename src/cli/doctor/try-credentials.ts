import { randomBytes } from 'node:crypto'
import type { BoundedFetch } from '../../apple/bounded-fetch.js'
import { createAppleClient } from '../../apple/client.js'
import { createClientSecret } from '../../apple/client-secret.js'
import type { AppleAuthConfig } from '../../config/config.js'
import { services } from '../../config/services.js'
import { type AppleAuthError, AppleTokenError } from '../../errors.js'

/** What Apple said to a made-up code: `invalid_grant` means that it takes the credentials. */
export type Verdict =
  | { readonly kind: 'answered'; readonly appleError: string }
  | { readonly kind: 'unavailable'; readonly error: AppleAuthError }
  | { readonly kind: 'tokens' }

/**
 * Sends the token endpoint a code that nobody issued, with the real client secret: Apple looks at the secret first, and at
 * the code only when the secret is good.
 */
export async function tryCredentials(config: AppleAuthConfig, boundedFetch: BoundedFetch): Promise<Verdict> {
  const client = createAppleClient(config, createClientSecret(config), boundedFetch)
  try {
    await client.exchangeCode(madeUpCode())
    return { kind: 'tokens' }
  } catch (error) {
    if (error instanceof AppleTokenError) return { kind: 'answered', appleError: error.appleError }
    return { kind: 'unavailable', error: error as AppleAuthError }
  }
}

/** Has the form of Apple's codes. */
function madeUpCode(): string {
  return `c${randomBytes(16).toString('hex')}.0.test.${randomBytes(16).toString('base64url')}`
}

/** A change that makes Apple take the credentials. */
export type Remedy = 'other-service' | 'swapped' | 'key-id-of-file'

/**
 * After `invalid_client`: tries the three changes that can be tried without anybody's help, one request each, and gives the
 * first one that Apple takes.
 */
export async function findRemedy(
  config: AppleAuthConfig,
  fileKeyId: string | undefined,
  boundedFetch: BoundedFetch,
): Promise<Remedy | undefined> {
  for (const [remedy, changed] of changes(config, fileKeyId)) {
    const verdict = await tryCredentials(changed, boundedFetch)
    if (verdict.kind === 'answered' && verdict.appleError === 'invalid_grant') return remedy
    if (verdict.kind === 'unavailable') return undefined
  }
  return undefined
}

function changes(config: AppleAuthConfig, fileKeyId: string | undefined): [Remedy, AppleAuthConfig][] {
  const { credentials } = config
  const service = otherService(config)
  const other: AppleAuthConfig = { ...config, service, rules: services[service] }
  if (credentials.kind !== 'key') return [['other-service', other]]
  const { teamId, keyId } = credentials
  const swapped = { ...credentials, teamId: keyId, keyId: teamId }
  return [
    ['other-service', other],
    ['swapped', { ...config, credentials: swapped }],
    ...(fileKeyId === undefined || fileKeyId === keyId
      ? []
      : [
          ['key-id-of-file', { ...config, credentials: { ...credentials, keyId: fileKeyId } }] as [
            Remedy,
            AppleAuthConfig,
          ],
        ]),
  ]
}

/** The one of Apple's two services that is not configured. */
export function otherService({ service }: AppleAuthConfig): AppleAuthConfig['service'] {
  return service === 'sign-in-with-apple' ? 'account-data-sharing' : 'sign-in-with-apple'
}
