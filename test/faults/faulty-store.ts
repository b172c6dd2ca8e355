import session from 'express-session'

/** What express-session and this package ask of a session store. */
export type StoreMethod = 'get' | 'set' | 'destroy' | 'touch'

type Arguments<M extends StoreMethod> = Parameters<session.MemoryStore[M]>

/** A session store that fails, dawdles, lies or forgets on demand; what it holds stays. */
export class FaultyStore extends session.MemoryStore {
  /** These methods answer with an error. */
  readonly down = new Set<StoreMethod>()
  /** These say yes and do nothing. */
  readonly loses = new Set<StoreMethod>()
  /** How long each answer takes, in milliseconds. */
  delayMs = 0
  /** What every session reads as; undefined for what was put there. */
  rubbish: { readonly value: unknown } | undefined

  /** How many sessions there are. */
  get size(): number {
    return Object.keys((this as unknown as { sessions: object }).sessions).length
  }

  recover(): void {
    this.down.clear()
    this.loses.clear()
    this.delayMs = 0
    this.rubbish = undefined
  }

  override get(...[id, done]: Arguments<'get'>): void {
    const { rubbish } = this
    this.#answer('get', done, () => {
      // A copy each time, as from a server.
      if (rubbish === undefined) super.get(id, done)
      else done(null, structuredClone(rubbish.value) as session.SessionData)
    })
  }

  override set(...[id, data, done]: Arguments<'set'>): void {
    this.#answer('set', done, () => {
      super.set(id, data, done)
    })
  }

  override destroy(...[id, done]: Arguments<'destroy'>): void {
    this.#answer('destroy', done, () => {
      super.destroy(id, done)
    })
  }

  override touch(...[id, data, done]: Arguments<'touch'>): void {
    this.#answer('touch', done, () => {
      super.touch(id, data, done)
    })
  }

  #answer(method: StoreMethod, done: ((error?: unknown) => void) | undefined, work: () => void): void {
    setTimeout(() => {
      if (this.down.has(method)) done?.(new Error('the store is down'))
      else if (this.loses.has(method)) done?.()
      else work()
    }, this.delayMs)
  }
}
