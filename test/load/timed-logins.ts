import type { LoopbackApple } from '../support/loopback-apple.js'
import { walkLogin } from '../nodes/walk-login.js'
import type { LoadApp } from './load-app.js'

/** How long logins took. */
export interface TimedLogins {
  /** From GET /login to the 303 of POST /callback, in milliseconds. */
  readonly milliseconds: number[]
  /** Steps that had to be taken again. */
  readonly retries: number
}

const pauseMs = 20

/** Signs newcomers in, one after the other, until it is told to stop; throws at a login that is refused. */
export async function timeLogins(app: LoadApp, apple: LoopbackApple, isOver: () => boolean): Promise<TimedLogins> {
  const milliseconds: number[] = []
  let retries = 0
  while (!isOver()) {
    const startedAt = performance.now()
    const walk = await walkLogin(app.browser(), apple, {})
    milliseconds.push(performance.now() - startedAt)
    retries += walk.retries
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return { milliseconds, retries }
}

/** The same for so many seconds. */
export function timeLoginsFor(app: LoadApp, apple: LoopbackApple, seconds: number): Promise<TimedLogins> {
  const endsAt = performance.now() + seconds * 1000
  return timeLogins(app, apple, () => performance.now() >= endsAt)
}
