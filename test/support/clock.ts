/** Runs something with this process's clock ahead by so many seconds; the clock goes on, and timers stay as they are. */
export async function withClockAhead<T>(seconds: number, run: () => Promise<T>): Promise<T> {
  const clock = Date
  const now = (): number => clock.now() + seconds * 1000
  globalThis.Date = new Proxy(clock, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  })
  try {
    return await run()
  } finally {
    globalThis.Date = clock
  }
}
