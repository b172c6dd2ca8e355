import { type SessionData, Store } from 'express-session'
import type { FolderStore } from './folder-store.js'

type Done = (error?: unknown) => void

/** How long a session without an end of its own is kept after its last request, in milliseconds. */
const usualLifetime = 24 * 60 * 60 * 1000

/** Browser sessions in a folder. */
export class FolderSessionStore extends Store {
  readonly #folder: FolderStore

  constructor(folder: FolderStore) {
    super()
    this.#folder = folder
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    this.#folder.get(id).then(
      (text) => {
        done(undefined, text === undefined ? null : (JSON.parse(text) as SessionData))
      },
      (error: unknown) => {
        done(error)
      },
    )
  }

  override set(id: string, session: SessionData, done?: Done): void {
    finish(this.#folder.set(id, JSON.stringify(session), lifetime(session)), done)
  }

  override destroy(id: string, done?: Done): void {
    finish(this.#folder.delete(id), done)
  }

  override touch(id: string, session: SessionData, done?: Done): void {
    finish(this.#folder.extend(id, lifetime(session)), done)
  }
}

function lifetime({ cookie }: SessionData): number {
  const { maxAge } = cookie
  return typeof maxAge === 'number' ? maxAge : usualLifetime
}

function finish(work: Promise<void>, done: Done = () => undefined): void {
  work.then(() => {
    done()
  }, done)
}
