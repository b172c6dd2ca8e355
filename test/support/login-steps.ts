import type { Response } from 'supertest'
import type { IdTokenParts, LoopbackApple } from './loopback-apple.js'
import type { TestApp } from './test-app.js'

/** A visitor's cookie jar. */
export type Visitor = ReturnType<TestApp['visitor']>

/** Opens /login and gives the authorization request that it leads to. */
export async function beginLogin(visitor: Visitor, returnTo?: string): Promise<URL> {
  const query = returnTo === undefined ? '' : `?${new URLSearchParams({ returnTo }).toString()}`
  const answer = await visitor.get(`/auth/apple/login${query}`)
  if (answer.status !== 302) throw new Error(`/login answered ${String(answer.status)}: ${answer.text}`)
  return new URL(answer.headers.location ?? '')
}

/** Posts an authorization response as the relay page does: from the app's own origin. */
export function postCallback(visitor: Visitor, fields: Record<string, string>): Promise<Response> {
  return visitor.post('/auth/apple/callback').set('Sec-Fetch-Site', 'same-origin').type('form').send(fields).then()
}

/** The state of an authorization request. */
export function stateOf(authorizeUrl: URL): string {
  return authorizeUrl.searchParams.get('state') ?? ''
}

/** Signs in from beginning to end and gives the callback's answer. */
export async function signIn(
  apple: LoopbackApple,
  visitor: Visitor,
  { idToken = {}, returnTo, user }: { idToken?: IdTokenParts | 'none'; returnTo?: string; user?: string } = {},
): Promise<Response> {
  const authorizeUrl = await beginLogin(visitor, returnTo)
  const code = apple.issueCode(authorizeUrl, idToken)
  return postCallback(visitor, { code, state: stateOf(authorizeUrl), ...(user === undefined ? {} : { user }) })
}
