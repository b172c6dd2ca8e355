import type { NotifyOptions } from '../simulator/index.js'
import type { TestClient } from './agent.js'
import { describeAnswer } from './app-answer.js'
import { besideCallback, type AppUnderTest } from './app-under-test.js'
import { findPerson, findSchool, type PersonReference, type SchoolReference } from './people.js'

/** What Apple tells the app. */
export interface TestNotificationOptions extends Pick<
  NotifyOptions,
  'type' | 'eventAt' | 'jti' | 'events' | 'eventTime'
> {
  /** Whom it is about; required for Sign in with Apple. */
  readonly person?: PersonReference
  /** The school it is about, for Data Sharing. Default: the person's own. */
  readonly school?: SchoolReference
}

/** What Apple tells the app, and through whom. */
export interface TestNotifyOptions extends TestNotificationOptions {
  /** Who posts it: `request(app)`, or any agent. Default: it is posted to the app's `notificationUrl`. */
  readonly to?: TestClient
  /** Where to post it. Default: `/notifications` beside the callback. */
  readonly path?: string
}

/**
 * Lets something happen and makes what Apple posts about it.
 * @throws TypeError for options that make no sense
 */
export async function signNotification(
  app: AppUnderTest,
  options: TestNotificationOptions,
): Promise<{ readonly payload: string }> {
  return { payload: await app.simulator.signNotification(notifyOptions(app, options)) }
}

/**
 * Lets something happen and tells the app, which has taken it when this resolves.
 * @throws TypeError for options that make no sense
 * @throws Error when the app does not answer 200
 */
export async function deliverNotification(app: AppUnderTest, options: TestNotifyOptions): Promise<void> {
  const { to, path = besideCallback(app.redirectUri, 'notifications'), ...about } = options
  if (to === undefined) {
    const { status } = await app.simulator.notify(notifyOptions(app, about))
    if (status !== 200) throw new Error(`The app answered Apple's notification ${describeStatus(status)}.`)
    return
  }
  const { payload } = await signNotification(app, about)
  const request = to.post(path)
  request.redirects(0)
  request.ok(() => true)
  request.set('host', app.redirectUri.host)
  if (app.redirectUri.protocol === 'https:') request.set('X-Forwarded-Proto', 'https')
  request.set('Content-Type', 'application/json')
  request.send(JSON.stringify({ payload }))
  const { status, text = '' } = await request
  if (status !== 200) throw new Error(`POST ${path} answered ${describeAnswer({ status, text })}`)
}

function notifyOptions(app: AppUnderTest, options: TestNotificationOptions): NotifyOptions & { clientId: string } {
  const { person, school, ...rest } = options
  return {
    ...rest,
    clientId: app.clientId,
    ...(person !== undefined && { personId: findPerson(app.simulator, person).id }),
    ...(school !== undefined && { organizationId: findSchool(app.simulator, school).id }),
  }
}

function describeStatus(status: number): string {
  return status === 0 ? 'not at all' : `with ${String(status)}`
}
