import { expect } from '@jest/globals'
import type { Response } from 'supertest'
import { postCallback, stateOf, type Visitor } from './login-steps.js'
import type { LoopbackApple } from './loopback-apple.js'

/** What must be true of every answer to an attack: 4xx, neutral, nothing leaked, nobody signed in. */
export async function expectRefused(answer: Response, visitor: Visitor, code?: string): Promise<void> {
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  if (code !== undefined) expect((answer.body as { code?: string }).code).toBe(code)
  expectNoSecret(`${answer.text}${JSON.stringify(answer.headers)}`)
  expect(answer.text).not.toMatch(/\n\s+at /)
  await expectSignedOut(visitor)
}

/** The login that led there is used up: even a good code under its state is refused now. */
export async function expectUsedUp(apple: LoopbackApple, visitor: Visitor, authorizeUrl: URL): Promise<void> {
  const again = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
  await expectRefused(await postCallback(visitor, again), visitor, 'ERR_APPLE_STATE')
}

/** Nobody is signed in in this browser. */
export async function expectSignedOut(visitor: Visitor): Promise<void> {
  expect((await visitor.get('/')).body).toEqual({ signedIn: false })
}

/** No token, code, client secret or key in a text. */
export function expectNoSecret(text: string): void {
  expect(text).not.toMatch(/\b[acr][0-9a-f]{32}\.0\./)
  expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+\./)
  expect(text).not.toContain('BEGIN')
}
