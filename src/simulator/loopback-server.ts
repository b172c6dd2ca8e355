import { createServer, type RequestListener, type Server } from 'node:http'
import { isIPv4 } from 'node:net'
import { requireKnownNames } from './known-names.js'

/** Where to listen. */
export interface ListenOptions {
  /** Default: 0, any free port. */
  readonly port?: number
  /** A loopback address or `localhost`. Default: 127.0.0.1. */
  readonly host?: string
}

/** An HTTP server that other machines cannot reach. */
export interface LoopbackServer {
  /** Resolves to the url. @throws Error when the host is not loopback, the port is taken, or it listens already */
  readonly listen: (options?: ListenOptions) => Promise<string>
  /** Closes the socket and every connection; may be called again and again. */
  readonly close: () => Promise<void>
  /** The url while it listens. */
  readonly url: () => string | undefined
}

/** The names that this machine has for itself; browsers resolve them without asking anybody. */
const ownName = /^(localhost|[\w.-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/** Prepares the server for an Express app, which is asked under names of this machine and `baseUrl`'s alone. */
export function createLoopbackServer(app: RequestListener, baseUrl?: string): LoopbackServer {
  let server: Server | undefined
  let url: string | undefined
  return {
    async listen(options = {}) {
      requireKnownNames('listen', options, ['port', 'host'])
      const { port = 0, host = '127.0.0.1' } = options
      requireLoopback(host)
      if (server !== undefined) throw new Error('The Apple simulator listens already: call close() first.')
      const opening = createServer(underOwnName(app, baseUrl))
      server = opening
      try {
        url = await open(opening, port, host)
      } catch (error) {
        server = undefined
        throw error
      }
      return url
    },
    async close() {
      const closing = server
      server = undefined
      url = undefined
      if (closing === undefined) return
      await new Promise<void>((resolve) => {
        closing.close(() => {
          resolve()
        })
        // Browsers and fetch keep connections open, which would hold close() back.
        closing.closeAllConnections()
      })
    },
    url: () => url,
  }
}

/** A page whose own name somebody has led to this machine (DNS rebinding) would pass for one of the simulator's. */
function underOwnName(app: RequestListener, baseUrl: string | undefined): RequestListener {
  return (req, res) => {
    const { host } = req.headers
    // Who names no host is no browser.
    if (!host || ownName.test(host) || (baseUrl !== undefined && host.toLowerCase() === new URL(baseUrl).host)) {
      app(req, res)
      return
    }
    res.writeHead(403, { 'content-type': 'text/plain' })
    res.end('The Apple simulator answers under localhost, 127.0.0.1, [::1] and its baseUrl alone.\n')
  }
}

function requireLoopback(host: string): void {
  if (host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))) return
  throw new Error(
    `The Apple simulator listens on loopback only, not on ${host}: it lets anybody sign in as anybody. ` +
      'Use 127.0.0.1, ::1 or localhost.',
  )
}

function open(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? 'is already in use: stop the other program, choose another port, or leave port out for a free one.'
          : `cannot be opened (${cause.code ?? cause.message}).`
      reject(new Error(`Port ${String(port)} on ${host} ${why}`, { cause }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${String(bound)}`)
    })
  })
}
