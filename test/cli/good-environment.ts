import { p8 } from '../support/test-app.js'

/** Variables that the doctor finds nothing wrong with. */
export const goodEnvironment: Readonly<Record<string, string>> = {
  APPLE_SERVICE: 'sign-in-with-apple',
  APPLE_CLIENT_ID: 'com.example.web',
  APPLE_TEAM_ID: 'TEAM123456',
  APPLE_KEY_ID: 'KEY1234567',
  APPLE_PRIVATE_KEY: p8,
  APPLE_REDIRECT_URI: 'https://school.example/auth/apple/callback',
  SESSION_SECRET: 'a-long-random-text-of-forty-characters-00',
}

/** The same with a ready-made client secret in the place of the key. */
export function withSecret(jwt: string): Record<string, string> {
  return { ...without(goodEnvironment, 'APPLE_PRIVATE_KEY'), APPLE_CLIENT_SECRET: jwt }
}

/** Variables but for some. */
export function without(env: Readonly<Record<string, string>>, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)))
}
