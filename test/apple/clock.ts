import { jest } from '@jest/globals'

/** Everything but Date goes on as usual: sockets, deadlines and promises are real. */
const real: Parameters<typeof jest.useFakeTimers>[0] = {
  doNotFake: [
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'requestAnimationFrame',
    'cancelAnimationFrame',
    'requestIdleCallback',
    'cancelIdleCallback',
    'setImmediate',
    'clearImmediate',
    'setInterval',
    'clearInterval',
    'setTimeout',
    'clearTimeout',
  ],
}

/** Stops the clock at a whole second. */
export function freezeDate(): void {
  jest.useFakeTimers({ ...real, now: Math.floor(Date.now() / 1000) * 1000 })
}

/** Moves the stopped clock, ahead or back. */
export function moveDate({
  hours = 0,
  minutes = 0,
  seconds = 0,
}: Partial<Record<'hours' | 'minutes' | 'seconds', number>>): void {
  jest.setSystemTime(Date.now() + (hours * 3600 + minutes * 60 + seconds) * 1000)
}

/** Lets the clock go on. */
export function thawDate(): void {
  jest.useRealTimers()
}
