import type { AppleConnectionError } from '../../src/index.js'
import { signIn, type Visitor } from './login-steps.js'
import type { LoopbackApple } from './loopback-apple.js'
import type { TestApp } from './test-app.js'

/** An administrator of a school. */
export const administrator = '000264.UDRoeTAxVUppaHdNQU5HYWN6MEU5VDRUWFVQU1BV.RUtP'

/** Lets an administrator connect a school and gives their browser. */
export async function connectSchool(
  apple: LoopbackApple,
  app: TestApp,
  organizationId = 'org-1',
  sub = administrator,
): Promise<Visitor> {
  apple.organization = { id: organizationId, name: `School ${organizationId}`, type: 'EDUCATION' }
  const visitor = app.visitor()
  const answer = await signIn(apple, visitor, { idToken: { claims: { sub, org_id: organizationId } } })
  if (answer.status !== 303) throw new Error(`the callback answered ${String(answer.status)}: ${answer.text}`)
  return visitor
}

/** The refreshes that reached Apple. */
export function refreshesAt(apple: LoopbackApple): URLSearchParams[] {
  return apple
    .requestsTo('/token')
    .map(({ form }) => form)
    .filter((form) => form.get('grant_type') === 'refresh_token')
}

/** Lets Apple refuse refreshes with that error. */
export function refuseRefreshes(apple: LoopbackApple, error: string, status = 400): void {
  apple.misbehave = ({ path, form }, res) => {
    if (!path.endsWith('/token') || form.get('grant_type') !== 'refresh_token') return false
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
    return true
  }
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<AppleConnectionError> {
  try {
    await promise
  } catch (error) {
    return error as AppleConnectionError
  }
  throw new Error('the promise was expected to reject')
}
