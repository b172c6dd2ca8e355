import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeIdToken, type Claims } from './id-token.js'

/** One notification as it arrived, read but not verified. */
export interface Arrival {
  method: string
  path: string
  headers: IncomingHttpHeaders
  /** Every member of the JSON body. */
  body: Claims
  jwt: string
  header: Claims
  claims: Claims
  /** The one event, whatever the form of `events`. */
  event: Claims
}

/** A status, or a way to leave the request without an answer: none at all, a cut, or half a body. */
export type Reply = number | 'hang' | 'cut' | 'half'

/** The endpoint of an app on loopback that takes notifications and answers as told. */
export class NotificationReceiver {
  readonly arrivals: Arrival[] = []
  /** What to answer, in this order; 200 once they are used up. */
  replies: Reply[] = []
  /** How many requests wait for an answer at the moment, and the most there ever were. */
  waiting = 0
  mostWaiting = 0
  readonly #server: Server
  #wakers: (() => void)[] = []

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<NotificationReceiver> {
    const server = createServer()
    const receiver = new NotificationReceiver(server)
    server.on('request', (req, res: ServerResponse) => {
      receiver.waiting += 1
      receiver.mostWaiting = Math.max(receiver.mostWaiting, receiver.waiting)
      res.once('close', () => (receiver.waiting -= 1))
      let text = ''
      req.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      req.on('end', () => {
        receiver.#take(req.method ?? '', req.url ?? '', req.headers, text)
        reply(res, receiver.replies.shift() ?? 200)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/notifications`
  }

  /** Waits until so many have arrived; answers the last of them. */
  async nth(count: number): Promise<Arrival> {
    for (;;) {
      const arrival = this.arrivals[count - 1]
      if (arrival !== undefined) return arrival
      await new Promise<void>((resolve) => this.#wakers.push(resolve))
    }
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve)
      this.#server.closeAllConnections()
    })
  }

  #take(method: string, path: string, headers: IncomingHttpHeaders, text: string): void {
    const body = JSON.parse(text) as Claims
    const jwt = String(body.payload)
    const { header, claims } = decodeIdToken(jwt)
    this.arrivals.push({ method, path, headers, body, jwt, header, claims, event: onlyEvent(claims.events) })
    this.#wakers.splice(0).forEach((wake) => {
      wake()
    })
  }
}

function onlyEvent(events: unknown): Claims {
  const parsed = typeof events === 'string' ? (JSON.parse(events) as unknown) : events
  return (Array.isArray(parsed) ? parsed[0] : parsed) as Claims
}

function reply(res: ServerResponse, how: Reply): void {
  if (how === 'hang') return
  if (how === 'cut') res.destroy()
  else if (how === 'half') {
    res.writeHead(200, { 'content-length': '10' }).write('half', () => {
      res.destroy()
    })
  } else if (how >= 300 && how < 400) res.writeHead(how, { location: '/elsewhere' }).end()
  else if (how === 101) res.writeHead(how, { connection: 'upgrade', upgrade: 'websocket' }).end()
  else res.writeHead(how).end()
}
