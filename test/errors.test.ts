import { describe, expect, it } from '@jest/globals'
import * as everything from '../src/index.js'
import {
  AppleArgumentError,
  AppleAttachMissingError,
  AppleAuthError,
  AppleAuthorizationError,
  AppleCallbackError,
  AppleConfigError,
  AppleConnectionError,
  AppleCrossSiteError,
  AppleForbiddenError,
  AppleIdentityError,
  AppleIdTokenError,
  AppleInsecureCookieError,
  AppleLoginRefusedError,
  AppleLoginRequiredError,
  AppleNativeLoginError,
  AppleRosterError,
  AppleSessionMissingError,
  AppleSessionStoreError,
  AppleStateError,
  AppleNotificationError,
  AppleStoreError,
  AppleTokenError,
  AppleUnavailableError,
  AppleWrongHostError,
} from '../src/index.js'

const operator = 'what the operator needs: invalid_client for TEAM123456'

/** Each error as it is made, with the code and the status that people rely on. */
const errors: readonly (readonly [error: AppleAuthError, code: string, status: number])[] = [
  [new AppleConfigError([{ option: 'pkce', variable: 'APPLE_PKCE', message: operator }]), 'ERR_APPLE_CONFIG', 500],
  [new AppleArgumentError(operator), 'ERR_APPLE_ARGUMENT', 500],
  [new AppleSessionMissingError(operator), 'ERR_APPLE_SESSION_MISSING', 500],
  [new AppleSessionStoreError(operator), 'ERR_APPLE_SESSION_STORE', 503],
  [new AppleInsecureCookieError(operator), 'ERR_APPLE_INSECURE_COOKIE', 500],
  [new AppleWrongHostError(operator), 'ERR_APPLE_WRONG_HOST', 421],
  [new AppleAttachMissingError(operator), 'ERR_APPLE_ATTACH_MISSING', 500],
  [new AppleCrossSiteError(operator), 'ERR_APPLE_CROSS_SITE', 403],
  [new AppleCallbackError(operator), 'ERR_APPLE_CALLBACK', 400],
  [new AppleNativeLoginError(operator), 'ERR_APPLE_NATIVE_LOGIN', 400],
  [new AppleStateError(operator), 'ERR_APPLE_STATE', 400],
  [new AppleAuthorizationError(operator), 'ERR_APPLE_AUTHORIZATION', 400],
  [new AppleTokenError(operator, 'invalid_client'), 'ERR_APPLE_TOKEN', 424],
  [new AppleUnavailableError(operator), 'ERR_APPLE_UNAVAILABLE', 424],
  [new AppleIdTokenError(operator), 'ERR_APPLE_ID_TOKEN', 401],
  [new AppleIdentityError(operator), 'ERR_APPLE_IDENTITY', 403],
  [new AppleLoginRefusedError(operator), 'ERR_APPLE_LOGIN_REFUSED', 403],
  [new AppleLoginRequiredError(operator), 'ERR_APPLE_LOGIN_REQUIRED', 401],
  [new AppleForbiddenError(operator), 'ERR_APPLE_FORBIDDEN', 403],
  [new AppleRosterError(operator, 429), 'ERR_APPLE_ROSTER', 424],
  [new AppleConnectionError(operator, 'org-1', 'invalid_grant'), 'ERR_APPLE_CONNECTION', 424],
  [new AppleStoreError(operator), 'ERR_APPLE_STORE', 503],
  [new AppleNotificationError(operator), 'ERR_APPLE_NOTIFICATION', 400],
]

const table = errors.map(([error, code, status]) => ({ name: error.constructor.name, error, code, status }))

describe('the errors', () => {
  it('are all here, and no two share a code', () => {
    const exported = Object.values(everything).filter(
      (each) => typeof each === 'function' && each.prototype instanceof AppleAuthError,
    )
    expect(exported.map(({ name }) => name).sort()).toEqual(table.map(({ name }) => name).sort())
    expect(new Set(table.map(({ error }) => error.code)).size).toBe(table.length)
  })
})

describe.each(table)('$name', ({ name, error, code, status }) => {
  it('has its code and its status', () => {
    expect(error).toMatchObject({ code, status })
  })

  it('is an AppleAuthError and an Error, under its own name', () => {
    expect(error).toBeInstanceOf(AppleAuthError)
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe(name)
    expect(String(error)).toContain(`${name}: `)
  })

  it('tells the operator what happened', () => {
    expect(error.message).toContain(operator)
  })

  it('tells the visitor one neutral sentence or two, and nothing of what happened', () => {
    expect(error.publicMessage).toMatch(/^[A-Z][^.]+\.( [A-Z][^.]+\.)?$/)
    expect(error.publicMessage).not.toMatch(
      /operator|invalid|TEAM|APPLE_|token|nonce|cookie|session|config|code|http|\d/i,
    )
  })

  it('has details and headers that nobody can change', () => {
    expect(Object.isFrozen(error.details)).toBe(true)
    expect(Object.isFrozen(error.headers)).toBe(true)
  })

  it('shows no frames to a visitor where a request can provoke it', () => {
    if (status === 500) expect(error.stack).toContain('errors.test')
    else expect(error.stack).toBe(`${name}: ${error.message}`)
  })
})

describe('AppleAuthError', () => {
  it('keeps its cause, its details and its headers', () => {
    const cause = new Error('underneath')
    const details = { missing: 'scope' }
    const error = new AppleForbiddenError('no', { cause, details, headers: { allow: 'GET' } })
    expect(error.cause).toBe(cause)
    expect(error.details).toEqual({ missing: 'scope' })
    expect(error.headers).toEqual({ allow: 'GET' })
    details.missing = 'nothing'
    expect(error.details).toEqual({ missing: 'scope' })
  })

  it('has no cause of its own', () => {
    expect('cause' in new AppleStateError('no')).toBe(false)
    expect(new AppleStateError('no').details).toEqual({})
  })

  it('takes another status', () => {
    expect(new AppleCallbackError('too large', { status: 413 }).status).toBe(413)
  })
})

describe('AppleTokenError', () => {
  it.each([
    ['invalid_grant', 400],
    ['invalid_client', 424],
    ['invalid_request', 424],
    ['server_error', 424],
  ])('for %s has status %d', (appleError, status) => {
    expect(new AppleTokenError('no', appleError)).toMatchObject({ appleError, status })
  })
})

describe('AppleRosterError', () => {
  it("keeps Apple's status, where there was one", () => {
    expect(new AppleRosterError('no', 429).appleStatus).toBe(429)
    expect(new AppleRosterError('no', undefined).appleStatus).toBeUndefined()
  })
})

describe('AppleConfigError', () => {
  it('says how many problems there are, each in a line with variable and option', () => {
    const { message, problems } = new AppleConfigError([
      { option: 'pkce', variable: 'APPLE_PKCE', message: 'must be true or false' },
      { option: 'onLogin', variable: undefined, message: 'must be a function' },
    ])
    expect(message).toMatch(/ 2 mistakes/)
    expect(message.split('\n').slice(1)).toEqual([
      '  - APPLE_PKCE (option pkce) must be true or false',
      '  - option onLogin must be a function',
    ])
    expect(problems).toHaveLength(2)
  })
})
