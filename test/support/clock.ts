import { jest } from '@jest/globals'

/** Runs something with this process's clock ahead by so many seconds; timers stay real, or no request would end. */
export async function withClockAhead<T>(seconds: number, run: () => Promise<T>): Promise<T> {
  jest.useFakeTimers({
    now: Date.now() + seconds * 1000,
    advanceTimers: true,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  })
  try {
    return await run()
  } finally {
    jest.useRealTimers()
  }
}
