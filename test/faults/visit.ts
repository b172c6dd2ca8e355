import { expect } from '@jest/globals'
import type { Response } from 'supertest'
import { expectNoSecret } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf, type Visitor } from '../support/login-steps.js'
import type { LoopbackApple } from '../support/loopback-apple.js'
import type { TestApp } from '../support/test-app.js'

/** The steps of a visit that need the session store. */
export type Step = '/login' | '/callback' | '/private' | '/logout'

/** One step of a visit, ready to be made. */
export interface Visit {
  readonly visitor: Visitor
  readonly step: () => Promise<Response>
}

/**
 * Brings a visitor to just before a step: with a cookie of this app before /login, back from Apple before /callback, and
 * signed in before the others.
 */
export async function visitUntil(step: Step, apple: LoopbackApple, app: TestApp): Promise<Visit> {
  const visitor = app.visitor()
  const authorizeUrl = await beginLogin(visitor)
  if (step === '/login') return { visitor, step: () => visitor.get('/auth/apple/login').then() }
  if (step === '/callback') {
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    return { visitor, step: () => postCallback(visitor, fields) }
  }
  expect((await signIn(apple, visitor)).status).toBe(303)
  if (step === '/private') return { visitor, step: () => visitor.get('/private').then() }
  return { visitor, step: () => visitor.post('/auth/apple/logout').then() }
}

/** Whatever failed: no secret and no stack in the answer. */
export function expectNeutral({ text, headers }: Response): void {
  expectNoSecret(`${text}${JSON.stringify(headers)}`)
  expect(text).not.toMatch(/\n\s+at /)
  expect(text).not.toContain('the store is down')
}

/** Is somebody signed in in this browser? */
export async function isSignedIn(visitor: Visitor): Promise<boolean> {
  return ((await visitor.get('/')).body as { signedIn: boolean }).signedIn
}
