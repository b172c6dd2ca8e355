import { expect } from '@jest/globals'
import type { AppleAuthError } from '../../src/index.js'
import { expectRefused } from '../support/expect-refused.js'
import { beginLogin, postCallback, stateOf, type Visitor } from '../support/login-steps.js'
import type { IdTokenParts, LoopbackApple } from '../support/loopback-apple.js'
import type { TestApp } from '../support/test-app.js'
import { pathsAsked } from './faults.js'
import { lastError, listen } from './operator.js'

/** What a login that cannot succeed is made of. */
export interface FailingLogin {
  readonly visitor: Visitor
  /** What the visitor gets. */
  readonly status: number
  readonly code: string
  readonly say: string
  readonly idToken?: IdTokenParts | 'none'
  /** What Apple does wrong, once the browser is there. */
  readonly strike?: () => void
}

export const appleIsSilent = 'Apple does not answer at the moment. Please try again in a few minutes.'
export const tryAgain = 'Signing in with Apple did not work. Please try again.'

/**
 * Lets a login fail, and gives the operator's error. Whatever the fault: the visitor gets a neutral answer and is not
 * signed in, the operator hears of one failed login, and the login is used up, without another request to Apple.
 */
export async function failLogin(
  apple: LoopbackApple,
  app: TestApp,
  { visitor, status, code, say, idToken, strike }: FailingLogin,
): Promise<AppleAuthError> {
  const heard = listen(app.apple)
  const authorizeUrl = await beginLogin(visitor, '/private')
  strike?.()
  const fields = { code: apple.issueCode(authorizeUrl, idToken), state: stateOf(authorizeUrl) }
  const answer = await postCallback(visitor, fields)

  await expectRefused(answer, visitor, code)
  expect([answer.status, answer.body]).toEqual([status, { code, say }])

  const error = lastError(app)
  expect(error).toMatchObject({ code, status })
  expect(heard).toEqual([{ name: 'login_failed', payload: { error } }])

  const asked = pathsAsked(apple)
  expect((await postCallback(visitor, fields)).body).toEqual({ code, say })
  expect((await postCallback(visitor, { ...fields, code: 'another' })).body.code).toBe('ERR_APPLE_STATE')
  expect(pathsAsked(apple)).toEqual(asked)
  expect(heard.filter(({ payload }) => 'error' in payload && payload.error === error)).toHaveLength(1)
  return error
}
