import { inspect } from 'node:util'
import type { AppleAuth, AppleAuthError, AppleAuthEvents } from '../../src/index.js'
import { expectNoSecret } from '../support/expect-refused.js'
import type { TestApp } from '../support/test-app.js'

/** An event that an app has heard. */
export interface Heard {
  readonly name: keyof AppleAuthEvents
  readonly payload: object
}

const names = [
  'login',
  'login_failed',
  'login_cancelled',
  'logout',
  'refresh',
  'connection_broken',
  'disconnected',
  'revocation_failed',
] as const satisfies (keyof AppleAuthEvents)[]

/** What an operator's listeners hear from now on. */
export function listen(apple: AppleAuth): Heard[] {
  const heard: Heard[] = []
  for (const name of names) apple.on(name, (payload) => heard.push({ name, payload }))
  return heard
}

/** The error that the app's error page got last; no log shows a secret of it, however deep it looks. */
export function lastError({ errors }: TestApp): AppleAuthError {
  const error = errors.at(-1)
  expectNoSecret(inspect(error, { depth: 9, showHidden: true }))
  return error as AppleAuthError
}

/** Waits for what happens by itself. */
export async function until(hasHappened: () => boolean): Promise<void> {
  const pauseMs = 20
  for (let waitedMs = 0; !hasHappened(); waitedMs += pauseMs) {
    // Without an end it would outlive its test.
    if (waitedMs > 30_000) throw new Error('it has not happened')
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
