import { type Browser } from '../nodes/browser.js'
import { walkLogin } from '../nodes/walk-login.js'
import { type LoopbackApple, signJwt } from '../support/loopback-apple.js'
import { goodClaims } from './forgeries.js'
import type { LoadApp } from './load-app.js'

/** What a request is about, for counting. */
export type RequestKind = 'login' | 'guarded' | 'refresh' | 'notification' | 'logout' | 'abandoned login'

const width = 4
const thinkingMs = 20

/** People who sign in, look around and sign out, and an Apple that tells of them, until they are stopped. */
export class SoakPeople {
  /** How many requests of each kind were made. */
  readonly requests: Record<RequestKind, number> = {
    login: 0,
    guarded: 0,
    refresh: 0,
    notification: 0,
    logout: 0,
    'abandoned login': 0,
  }
  /** What was answered otherwise than it should have been. */
  readonly errors: string[] = []
  /** Notifications that Apple would send again later, because the app was too slow to be sure that it is alone. */
  putOff = 0
  #visits = 0
  #stopping = false

  constructor(
    private readonly app: LoadApp,
    private readonly apple: LoopbackApple,
  ) {
    // Every access token has as good as ended, so that each use of one renews it.
    apple.tokenAnswer = { expires_in: 1 }
    apple.misbehave = ({ path }, res) => {
      // Nothing here is asked about later, and it would fill this process.
      apple.requests.length = 0
      // Every fifth revocation is refused, and so is tried again later.
      if (!path.endsWith('/revoke') || Math.random() > 0.2) return false
      res.writeHead(503).end()
      return true
    }
  }

  /** Lets them act while something runs. */
  async during<T>(run: () => Promise<T>): Promise<T> {
    const workers = Array.from({ length: width }, async () => {
      while (!this.#stopping) await this.#visit(this.#visits++)
    })
    try {
      return await run()
    } finally {
      this.#stopping = true
      await Promise.all(workers)
    }
  }

  /** One person, from the login to the logout. */
  async #visit(index: number): Promise<void> {
    try {
      const sub = `person-${String(index)}`
      const browser = this.app.browser()
      await walkLogin(browser, this.apple, { claims: { sub } })
      this.requests.login++
      for (let look = 0; look < 3; look++) await this.#open(browser, 'guarded', '/private', 200)
      await this.#open(browser, 'refresh', '/token', 200)
      const ended = await this.#tell(index, sub)
      // A person whose login Apple has ended is sent to Apple.
      await this.#open(browser, 'guarded', '/private', ended ? 302 : 200)
      this.#expect('logout', (await browser.post('/auth/apple/logout', {})).status, 303)
      await this.#open(browser, 'guarded', '/private', 302)
      await this.#open(this.app.browser(), 'abandoned login', '/auth/apple/login?returnTo=/private', 302)
    } catch (error) {
      this.errors.push(String(error))
    }
  }

  async #open(browser: Browser, kind: RequestKind, path: string, status: number): Promise<void> {
    this.#expect(kind, (await browser.get(path)).status, status)
    await new Promise((resolve) => setTimeout(resolve, thinkingMs))
  }

  /** Apple tells something of the person, or somebody else does; says whether that ends the login. */
  async #tell(index: number, sub: string): Promise<boolean> {
    const types = ['email-disabled', 'consent-revoked', 'account-delete', 'something-new', 'forged'] as const
    const type = types[index % types.length] ?? 'forged'
    const isForged = type === 'forged'
    const claims = goodClaims(this.apple, sub, isForged ? 'consent-revoked' : type)
    const { kid, privateKey } = this.apple.signer
    const payload = signJwt({ alg: 'RS256', kid: isForged ? 'unknown' : kid }, claims, privateKey)
    const isRepeated = type === 'email-disabled'
    for (let time = 0; time < (isRepeated ? 2 : 1); time++) {
      const response = await fetch(`${this.app.url}/auth/apple/notifications`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ payload }),
      })
      await response.arrayBuffer()
      if (response.status === 503) {
        this.putOff++
        this.requests.notification++
        return false
      }
      this.#expect('notification', response.status, isForged ? 400 : 200)
    }
    return type === 'consent-revoked' || type === 'account-delete'
  }

  #expect(kind: RequestKind, status: number, wanted: number): void {
    this.requests[kind]++
    if (status !== wanted) this.errors.push(`${kind}: ${String(status)} instead of ${String(wanted)}`)
  }
}
