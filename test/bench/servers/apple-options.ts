import { generateKeyPairSync } from 'node:crypto'
import type { AppleAuthOptions } from 'express-apple-auth'
import type { Orders } from './serve.js'

/** The native app whose people sign in without a code, and so without tokens. */
export const bundleId = 'com.example.bench.app'

/** The package's options in every server that uses it: a key made for the run, and the loopback Apple. */
export function appleOptions({ apple }: Pick<Orders, 'apple'>, origin: string): AppleAuthOptions {
  return {
    service: 'sign-in-with-apple',
    clientId: 'com.example.bench',
    teamId: 'BENCHTEAM1',
    keyId: 'BENCHKEY01',
    privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
    redirectUri: `${origin}/auth/apple/callback`,
    baseUrl: apple,
    rosterBaseUrl: apple,
    audiences: [bundleId],
    responseMode: 'query',
    scope: [],
  }
}
