/** Work that its starter can stop. */
export interface Abortable<T> {
  readonly result: Promise<T>
  /** Stops it; the result then rejects. Does nothing once it has settled. */
  abort(): void
}

/** Node warns of a signal that bears more than ten listeners, so all work under one signal shares one. */
const followersBySignal = new WeakMap<AbortSignal, Followers>()

interface Followers {
  readonly controllers: Set<AbortController>
  readonly listener: () => void
}

/**
 * Starts work under a signal of its own, which also aborts with the caller's.
 *
 * The result rejects with the signal's reason, whatever the work made of it. The caller's signal is free of us as soon as
 * the work has settled.
 */
export function startAbortable<T>(
  callers: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Abortable<T> {
  const controller = new AbortController()
  const { signal } = controller

  async function run(): Promise<T> {
    callers?.throwIfAborted()
    const unfollow = callers && follow(callers, controller)
    try {
      return await work(signal)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      unfollow?.()
    }
  }

  return {
    result: run(),
    abort() {
      controller.abort()
    },
  }
}

/** The same for something that knows no signal: it goes on, and is no longer waited for. */
export async function untilAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined)
    }
  })
  signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([result, aborted])
    signal.throwIfAborted()
    return await result
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function follow(signal: AbortSignal, controller: AbortController): () => void {
  const followers = followersBySignal.get(signal) ?? listen(signal)
  followers.controllers.add(controller)
  return () => {
    followers.controllers.delete(controller)
    if (followers.controllers.size > 0) return
    signal.removeEventListener('abort', followers.listener)
    followersBySignal.delete(signal)
  }
}

function listen(signal: AbortSignal): Followers {
  const controllers = new Set<AbortController>()
  const listener = (): void => {
    for (const controller of controllers) controller.abort(signal.reason)
  }
  const followers = { controllers, listener }
  signal.addEventListener('abort', listener)
  followersBySignal.set(signal, followers)
  return followers
}
