import type { UnverifiedName } from 'express-apple-auth'
import type { Shelf } from './stores/stores.js'

/** The names that people were called by at their first login, by their `sub`; Apple does not verify them. */
export class Names {
  readonly #shelf: Shelf

  constructor(shelf: Shelf) {
    this.#shelf = shelf
  }

  /** Keeps somebody's name. */
  async keep(sub: string, { firstName, lastName }: UnverifiedName): Promise<void> {
    const name = [firstName, lastName].filter(Boolean).join(' ')
    if (name !== '') await this.#shelf.set(`name:${sub}`, name)
  }

  /** Forgets somebody's name. */
  async forget(sub: string): Promise<void> {
    await this.#shelf.delete(`name:${sub}`)
  }

  /** Somebody's name; undefined where it is not known, and for nobody. */
  async find(sub: string | undefined): Promise<string | undefined> {
    return sub === undefined ? undefined : this.#shelf.get(`name:${sub}`)
  }
}
