import { createHash } from 'node:crypto'
import type { IdTokenParts, LoopbackApple } from './loopback-apple.js'

/** The bundle id of the tests' native app. */
export const bundleId = 'com.example.app'

/** What an iOS app has from Apple. */
export interface DeviceLogin {
  readonly identityToken: string
  readonly authorizationCode: string
}

/** What a test changes of a sign-in on a device. */
export interface DeviceSetup extends IdTokenParts {
  /** The id_token that the token endpoint gives for the code. Default: of the same person. */
  exchanged?: IdTokenParts | 'none'
  aud?: string
  /** As the app sends it to Apple. */
  nonce?: string
}

/** Signs the usual person in on a device of theirs. */
export function signInOnDevice(apple: LoopbackApple, setup: DeviceSetup = {}): DeviceLogin {
  const { exchanged, aud = bundleId, nonce, claims, ...parts } = setup
  const request = new URL(`${apple.url}/device?${new URLSearchParams({ client_id: aud }).toString()}`)
  const sameSub = claims?.sub === undefined ? {} : { claims: { sub: claims.sub } }
  const code = apple.issueCode(request, exchanged ?? sameSub)
  const cHash = createHash('sha256').update(code).digest().subarray(0, 16).toString('base64url')
  const identityToken = apple.idToken(aud, { ...parts, claims: { c_hash: cHash, ...claims } }, nonce)
  return { identityToken, authorizationCode: code }
}

/** The form of a nonce that apps send to Apple. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
