import { eventOf, notificationOf } from '../support/notifications.js'
import type { LoopbackApple } from '../support/loopback-apple.js'
import { NotMeasured, type SignedIn } from './load.js'
import { type Answer, pace, type Send } from './paced.js'
import { subOf } from './servers/person.js'

/** How often a second each thing happens. */
export const busyRates = { logins: 20, refreshes: 20, badNotifications: 50 } as const

/** What the rest of an app's day is made of. */
export interface BusyLoad {
  readonly apple: LoopbackApple
  readonly origin: string
  /** Browsers whose access token has ended. */
  readonly ended: readonly SignedIn[]
  /** JWTs that are to be refused. */
  readonly badNotifications: readonly string[]
}

/** Notifications that cannot be believed: by turns one signed by a key other than its `kid` names, and one of no known `kid`. */
export function badNotifications(apple: LoopbackApple, count: number): string[] {
  const key = apple.keys[1]?.privateKey
  if (key === undefined) throw new Error('there is no second key to sign wrongly with')
  const claims = { aud: 'com.example.bench' }
  return Array.from({ length: count }, (_, index) => {
    const parts = index % 2 === 0 ? { claims, key } : { claims, header: { kid: 'unknown000' } }
    return notificationOf(apple, eventOf('consent-revoked'), parts)
  })
}

/**
 * Sends logins, refreshes and bad notifications for so long, each at its rate.
 *
 * @throws NotMeasured when an answer is not the right one, or a refresh did not ask Apple
 */
export async function sendBusyLoad(load: BusyLoad, send: Send, seconds: number): Promise<void> {
  load.apple.requests.length = 0
  await allOf([
    pace(busyRates.logins, seconds, (turn) => login(load, send, turn)),
    pace(busyRates.refreshes, seconds, (turn) => refresh(load, send, turn)),
    pace(busyRates.badNotifications, seconds, (turn) => notify(load, send, turn)),
  ])
  const granted = load.apple.requestsTo('/token').filter(({ form }) => form.get('grant_type') === 'refresh_token')
  if (granted.length !== busyRates.refreshes * seconds) {
    throw new NotMeasured(`Only ${String(granted.length)} refreshes asked Apple.`)
  }
}

/** Waits until all have ended, and only then fails with the first error, so that nothing is sent after a failure. */
export async function allOf(promises: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/** Fails unless the answer has one of these statuses. @throws NotMeasured */
export function expectStatus(answer: Answer, name: string, ...expected: readonly number[]): void {
  if (expected.includes(answer.status)) return
  throw new NotMeasured(`${name} was answered with ${String(answer.status)}: ${answer.body.slice(0, 200)}`)
}

const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' }

async function login({ apple, origin }: BusyLoad, send: Send, turn: number): Promise<void> {
  const begun = await send(`${origin}/auth/apple/login`, { headers: navigation })
  expectStatus(begun, 'login', 302, 303)
  const authorize = new URL(begun.headers.location ?? '')
  const code = apple.issueCode(authorize, { claims: { sub: subOf(turn) } })
  const callback = new URL(authorize.searchParams.get('redirect_uri') ?? '')
  callback.search = new URLSearchParams({ code, state: authorize.searchParams.get('state') ?? '' }).toString()
  const cookie = begun.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  const ended = await send(callback.href, { headers: { ...navigation, cookie } })
  expectStatus(ended, 'callback', 302, 303)
}

async function refresh({ origin, ended }: BusyLoad, send: Send, turn: number): Promise<void> {
  const cookie = ended[turn % ended.length]?.cookie ?? ''
  expectStatus(await send(`${origin}/refresh`, { headers: { cookie } }), 'refresh', 200)
}

async function notify({ origin, badNotifications }: BusyLoad, send: Send, turn: number): Promise<void> {
  const body = JSON.stringify({ payload: badNotifications[turn % badNotifications.length] })
  const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
  const answer = await send(`${origin}/auth/apple/notifications`, { method: 'POST', headers, body })
  expectStatus(answer, 'bad notification', 400)
}
