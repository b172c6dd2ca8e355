import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What tells a server's program which of its forms to take, as the orders of the run give it. */
export interface Orders {
  /** Where sessions lie: `memory`, `cookie`, or the URL of a Redis server. */
  readonly store: string
  /** What a session holds, in the words of the program. */
  readonly tokens: string
  /** The loopback Apple's origin. */
  readonly apple: string
}

/** What a server can be asked. */
export type Question = 'usage' | 'calls'

/** CPU time of the whole process since its start, in microseconds, as the operating system counts it. */
export interface Usage {
  readonly cpuMicroseconds: number
}

/** What a server says once it listens. */
export interface Ready {
  readonly origin: string
}

/**
 * Runs one variant: listens on a free port, says where, and tells its CPU time whenever it is asked.
 *
 * Every variant answers `GET /guarded` with `{"sub":"…"}` to who is signed in, and with 401 or a redirect to anybody else.
 */
export function serve(
  createListener: (orders: Orders, origin: string) => RequestListener | Promise<RequestListener>,
): void {
  const orders = JSON.parse(process.argv[2] ?? '{}') as Orders
  const server = createServer().listen(0, 'localhost', () => {
    const origin = `http://localhost:${String((server.address() as AddressInfo).port)}`
    Promise.resolve(createListener(orders, origin)).then(
      (listener) => {
        server.on('request', listener)
        process.send?.({ origin } satisfies Ready)
      },
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuMicroseconds: user + system } satisfies Usage)
  })
  // The run has ended, one way or another.
  process.on('disconnect', () => process.exit())
}
