import { randomBytes } from 'node:crypto'
import request, { type Response } from 'supertest'
import { type IdTokenParts, type LoopbackApple, signJwt } from './loopback-apple.js'
import type { TestApp } from './test-app.js'

/** Whom the loopback Apple's id_tokens are about, unless a test says otherwise. */
export const person = '001883.fcc77ba97500402389df96821ad9c790.1517'

/** One event as Apple sends it to Sign in with Apple's apps; what is given replaces what is usual. */
export function eventOf(type: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { type, sub: person, event_time: Date.now(), ...fields }
}

/** A good notification's JWT, but for what `parts` say; `events` is one event unless it is something else. */
export function notificationOf(
  apple: LoopbackApple,
  events: unknown,
  { claims = {}, without = [], header = {}, key }: IdTokenParts = {},
): string {
  const { signer } = apple
  const now = Math.floor(Date.now() / 1000)
  const payload: Record<string, unknown> = {
    iss: apple.url,
    aud: 'com.example.web',
    exp: now + 86_400,
    iat: now,
    jti: randomBytes(16).toString('base64url'),
    events,
    ...claims,
  }
  for (const name of without) Reflect.deleteProperty(payload, name)
  return signJwt({ kid: signer.kid, alg: 'RS256', ...header }, payload, key ?? signer.privateKey)
}

/** Posts a notification as Apple's server does: no cookie, no Origin, JSON. */
export function postNotification({ url }: Pick<TestApp, 'url'>, payload: unknown): Promise<Response> {
  return request(url).post('/auth/apple/notifications').send({ payload }).then()
}

/** Tells the app of one event, and expects that it took it. */
export async function notify(
  apple: LoopbackApple,
  app: Pick<TestApp, 'url'>,
  type: string,
  fields?: Record<string, unknown>,
): Promise<void> {
  const { status, text } = await postNotification(app, notificationOf(apple, eventOf(type, fields)))
  if (status !== 200) throw new Error(`the notification was answered with ${String(status)}: ${text}`)
}
