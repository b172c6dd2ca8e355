import { type SessionData, Store } from 'express-session'

/** A session store that holds so many sessions and forgets the oldest, so that a long run fills no memory with them. */
export class ForgetfulStore extends Store {
  readonly #sessions = new Map<string, string>()

  constructor(private readonly most = 200) {
    super()
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    const text = this.#sessions.get(id)
    setImmediate(done, undefined, text === undefined ? null : (JSON.parse(text) as SessionData))
  }

  override set(id: string, session: SessionData, done?: (error?: unknown) => void): void {
    this.#sessions.delete(id)
    this.#sessions.set(id, JSON.stringify(session))
    const [oldest] = this.#sessions.keys()
    if (oldest !== undefined && this.#sessions.size > this.most) this.#sessions.delete(oldest)
    if (done !== undefined) setImmediate(done)
  }

  override destroy(id: string, done?: (error?: unknown) => void): void {
    this.#sessions.delete(id)
    if (done !== undefined) setImmediate(done)
  }
}
