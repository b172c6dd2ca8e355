import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a file holds. */
interface Entry {
  readonly key: string
  readonly value: unknown
  /** Milliseconds since 1970; null for what does not end. */
  readonly endsAt: number | null
}

/** How often what has ended is swept out, in milliseconds. */
const sweepEvery = 60 * 60 * 1000

/**
 * A folder with one file for each entry: enough for one process, and nothing to install.
 *
 * A file is written whole, down to the disk, and then renamed into place, so that a crash leaves the old entry or the
 * new one; it is open to its owner alone.
 */
export class FolderStore {
  readonly #folder: string
  readonly #sweeping: NodeJS.Timeout
  /** Writes wait for each other, so that none can bring back what another has just removed. */
  #writes: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
    this.#sweeping = setInterval(() => void this.sweep(), sweepEvery).unref()
    void this.sweep()
  }

  /** The value; undefined for what is not there or has ended. */
  async get(key: string): Promise<string | undefined> {
    const entry = await this.#read(this.#fileOf(key))
    return typeof entry?.value === 'string' ? entry.value : undefined
  }

  /** Keeps a value, for `ttlMilliseconds` or for good. */
  set(key: string, value: unknown, ttlMilliseconds?: number): Promise<void> {
    return this.#inTurn(() => this.#write(key, value, ttlMilliseconds))
  }

  /** Keeps a value for longer, if it is still there; writes only when that adds a tenth of the time or more. */
  extend(key: string, ttlMilliseconds: number): Promise<void> {
    return this.#inTurn(async () => {
      const entry = await this.#read(this.#fileOf(key))
      if (entry === undefined || entry.endsAt === null) return
      const gained = Date.now() + ttlMilliseconds - entry.endsAt
      if (gained >= ttlMilliseconds / 10) await this.#write(key, entry.value, ttlMilliseconds)
    })
  }

  /** Removes a value. */
  delete(key: string): Promise<void> {
    return this.#inTurn(() => rm(this.#fileOf(key), { force: true }))
  }

  /** All that is held. */
  async *iterator(): AsyncGenerator<readonly [key: string, value: unknown]> {
    for (const file of await this.#files()) {
      const entry = await this.#read(file)
      if (entry !== undefined) yield [entry.key, entry.value]
    }
  }

  /** Removes what has ended, and what a crash left half written. */
  sweep(): Promise<void> {
    return this.#inTurn(async () => {
      for (const file of await this.#files('')) {
        if (!file.endsWith('.json') || (await this.#read(file)) === undefined) await rm(file, { force: true })
      }
    }).catch((error: unknown) => {
      console.error('The data folder could not be tidied up:', error)
    })
  }

  /** Waits for the last write. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping)
    await this.#inTurn(() => Promise.resolve())
  }

  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#writes.then(write)
    this.#writes = result.catch(() => undefined)
    return result
  }

  async #write(key: string, value: unknown, ttlMilliseconds: number | undefined): Promise<void> {
    const endsAt = ttlMilliseconds === undefined ? null : Date.now() + ttlMilliseconds
    const entry: Entry = { key, value, endsAt }
    const file = this.#fileOf(key)
    const temporary = `${file}.${randomBytes(6).toString('hex')}`
    await writeFile(temporary, JSON.stringify(entry), { mode: 0o600, flush: true })
    await rename(temporary, file)
  }

  async #read(file: string): Promise<Entry | undefined> {
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    // Nobody else writes into this folder.
    const entry = JSON.parse(text) as Entry
    return entry.endsAt !== null && entry.endsAt <= Date.now() ? undefined : entry
  }

  async #files(ending = '.json'): Promise<string[]> {
    const names = await readdir(this.#folder)
    return names.filter((name) => name.endsWith(ending)).map((name) => join(this.#folder, name))
  }

  /** Keys hold what no file may be called, and session ids, which no list of files should show. */
  #fileOf(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.json`)
  }
}
