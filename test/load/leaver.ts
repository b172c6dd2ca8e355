import { setTimeout as pause } from 'node:timers/promises'
import { type Browser } from '../nodes/browser.js'
import { walkLogin } from '../nodes/walk-login.js'
import type { LoopbackApple } from '../support/loopback-apple.js'
import type { FlappingApple } from './flapping-apple.js'
import type { LoadApp } from './load-app.js'

/** How long to wait before a form is sent again, in milliseconds. */
const againMs = 50
/** So often a form is sent again before the person gives up: for two minutes at least. */
const patience = 2400

/** Somebody who has signed in to sign out again, and sends the form again until it is answered. */
export class Leaver {
  /** How often the form was sent. */
  attempts = 0
  /** When the logout was answered; by `performance.now()`. */
  finishedAt: number | undefined

  private constructor(
    readonly browser: Browser,
    readonly refreshToken: string,
  ) {}

  static async signIn(app: LoadApp, apple: LoopbackApple, flapping: FlappingApple, index: number): Promise<Leaver> {
    const leaver = new Leaver(app.browser(), `r${String(index)}.0.test.refresh`)
    flapping.nextRefreshToken(leaver.refreshToken)
    await walkLogin(leaver.browser, apple, { claims: { sub: `person-${String(index)}` } })
    return leaver
  }

  /** @throws Error when the app answers something else than that the person is signed out */
  async signOut(): Promise<void> {
    while (this.attempts < patience) {
      this.attempts++
      const { status, text } = await this.browser.post('/auth/apple/logout', {})
      if (status === 303) {
        this.finishedAt = performance.now()
        return
      }
      // The connection broke, or nobody was there: the app was killed.
      if (status !== 0) throw new Error(`the logout was answered ${String(status)}: ${text}`)
      await pause(againMs)
    }
    throw new Error('the logout was never answered')
  }

  async isSignedIn(): Promise<boolean> {
    const { status, text } = await this.browser.get('/me')
    if (status !== 200) throw new Error(`/me answered ${String(status)}: ${text}`)
    return (JSON.parse(text) as { signedIn: boolean }).signedIn
  }
}
