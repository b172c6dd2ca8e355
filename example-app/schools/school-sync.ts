import type { AppleAuth } from 'express-apple-auth'
import type { Shelf } from '../stores/stores.js'
import { parseCopy, readSchool, type SchoolCopy, serializeCopy } from './school-copy.js'
import { describeFailure, keepStatus, readStatus, statusKey, type SyncStatus } from './sync-status.js'

/** How often a reading tells how far it is, in milliseconds. */
const tellEvery = 500
/** A school that was read less than so many milliseconds ago is not read again by `syncAll()`. */
const restMs = 20 * 60 * 60 * 1000

/**
 * Reads connected schools and keeps a copy of each for the pages.
 *
 * Pages never wait for the Roster API: Apple School Manager itself learns what is new once in 24 hours and asks apps to
 * read no more often, and a large school takes minutes. Until the first reading has ended there is nothing to show.
 */
export class SchoolSync {
  readonly #connections: AppleAuth['connections']
  readonly #shelf: Shelf
  readonly #runs = new Map<string, { readonly stop: AbortController; finished: Promise<void> }>()
  /** Spares most pages parsing a whole school; `startedAt` says of which reading it is. */
  readonly #copies = new Map<string, { readonly startedAt: string; readonly copy: SchoolCopy }>()
  #isClosed = false

  constructor(connections: AppleAuth['connections'], shelf: Shelf) {
    this.#connections = connections
    this.#shelf = shelf
  }

  /** How reading this school stands, on whatever node that is. */
  status(organizationId: string): Promise<SyncStatus> {
    return readStatus(this.#shelf, organizationId)
  }

  /** The school as it was last read to the end; undefined before the first time. */
  async copy(organizationId: string): Promise<SchoolCopy | undefined> {
    const { done } = await this.status(organizationId)
    if (done === undefined) return undefined
    const known = this.#copies.get(organizationId)
    if (known?.startedAt === done.startedAt) return known.copy
    const text = await this.#shelf.get(copyKey(organizationId))
    if (text === undefined) return undefined
    const copy = parseCopy(text)
    this.#copies.set(organizationId, { startedAt: done.startedAt, copy })
    return copy
  }

  /** Begins to read a school, unless it is being read already; the status says how it goes. */
  async start(organizationId: string): Promise<void> {
    const { running, done } = await this.status(organizationId)
    if (running !== undefined || this.#runs.has(organizationId) || this.#isClosed) return
    const run = { stop: new AbortController(), finished: Promise.resolve() }
    this.#runs.set(organizationId, run)
    const startedAt = new Date().toISOString()
    const before: SyncStatus = done === undefined ? {} : { done }
    try {
      const progress = { people: 0, classes: 0 }
      await keepStatus(this.#shelf, organizationId, {
        ...before,
        running: { ...progress, startedAt, seenAt: startedAt },
      })
      run.finished = this.#read(organizationId, startedAt, before, run.stop.signal)
    } finally {
      void run.finished.finally(() => this.#runs.delete(organizationId))
    }
  }

  /**
   * Reads every connected school that has not been read lately, one after the other. Call it once a day, by cron or, as
   * start.ts does, by a timer.
   */
  async syncAll(): Promise<void> {
    const organizationIds: string[] = []
    for await (const { organizationId } of this.#connections.list()) organizationIds.push(organizationId)
    for (const organizationId of organizationIds) {
      if (this.#isClosed) return
      const { done } = await this.status(organizationId)
      if (done !== undefined && Date.now() - Date.parse(done.startedAt) < restMs) continue
      await this.start(organizationId)
      await this.#runs.get(organizationId)?.finished
    }
  }

  /** Forgets all that was read of a school. */
  async forget(organizationId: string): Promise<void> {
    await this.#stop(organizationId)
    this.#copies.delete(organizationId)
    await this.#shelf.delete(statusKey(organizationId))
    await this.#shelf.delete(copyKey(organizationId))
  }

  /** Stops all reading; what was read before stays. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#runs.keys()].map((organizationId) => this.#stop(organizationId)))
  }

  async #stop(organizationId: string): Promise<void> {
    const run = this.#runs.get(organizationId)
    run?.stop.abort()
    await run?.finished
  }

  async #read(organizationId: string, startedAt: string, before: SyncStatus, signal: AbortSignal): Promise<void> {
    const progress = { people: 0, classes: 0 }
    const stopTelling = this.#tell(organizationId, () => {
      const seenAt = new Date().toISOString()
      return { ...before, running: { ...progress, startedAt, seenAt } }
    })
    try {
      const copy = await readSchool(this.#connections.roster(organizationId), progress, signal)
      await stopTelling()
      await this.#keep(organizationId, copy)
      await keepStatus(this.#shelf, organizationId, {
        done: { ...progress, startedAt, endedAt: new Date().toISOString() },
      })
    } catch (error) {
      await stopTelling()
      await this.#fail(organizationId, before, error, signal.aborted)
    }
  }

  /** All or nothing: half a school never takes the place of a whole one. */
  async #keep(organizationId: string, copy: SchoolCopy): Promise<void> {
    // Disconnected meanwhile, perhaps on another node: then nothing of the school may stay.
    if ((await this.#connections.get(organizationId)) === undefined)
      throw new Error('The school is not connected any more.')
    await this.#shelf.set(copyKey(organizationId), serializeCopy(copy))
  }

  async #fail(organizationId: string, before: SyncStatus, error: unknown, wasStopped: boolean): Promise<void> {
    if (!wasStopped) console.error(`School ${organizationId} could not be read:`, error)
    try {
      await keepStatus(this.#shelf, organizationId, { ...before, failed: describeFailure(error, wasStopped) })
    } catch (storeError) {
      console.error(`Nor could that be noted:`, storeError)
    }
  }

  /** Writes the status again and again; the function that it gives ends that, and waits for the last one. */
  #tell(organizationId: string, current: () => SyncStatus): () => Promise<void> {
    let writing = Promise.resolve()
    const timer = setInterval(() => {
      // A store that is down for a moment must not end the reading.
      writing = writing.then(() => keepStatus(this.#shelf, organizationId, current())).catch(() => undefined)
    }, tellEvery)
    return async () => {
      clearInterval(timer)
      await writing
    }
  }
}

function copyKey(organizationId: string): string {
  return `copy:${organizationId}`
}
