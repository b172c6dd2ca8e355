import { Agent, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'

/** A request as it goes over the wire: nothing in it is mended. */
export interface WireRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

/** What came back. */
export interface WireAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** A browser that is no more than one cookie: it keeps connections, follows no redirect and sends any byte. */
export class WireBrowser {
  /** As it is sent; undefined sends none. */
  cookie: string | undefined

  constructor(
    /** Where the app is, without a slash at its end. */
    readonly url: string,
    private readonly agent = new Agent({ keepAlive: true }),
  ) {}

  /** Sends a request and keeps the cookie that comes back. */
  async send(wire: WireRequest): Promise<WireAnswer> {
    const answer = await this.exchange(wire)
    const [cookie] = answer.headers['set-cookie'] ?? []
    if (cookie !== undefined) this.cookie = cookie.split(';')[0]
    return answer
  }

  private async exchange(wire: WireRequest): Promise<WireAnswer> {
    const { method = 'GET', path, headers = {}, body } = wire
    const cookie = this.cookie === undefined ? {} : { cookie: this.cookie }
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const sent = request(this.url, { agent: this.agent, method, path, headers: { ...length, ...cookie, ...headers } })
    try {
      return await answerTo(sent, body)
    } catch (error) {
      // The server may close an idle connection in the moment in which it is used again.
      if (sent.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET') return this.exchange(wire)
      throw error
    }
  }
}

function answerTo(sent: ClientRequest, body: string | Uint8Array | undefined): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, text: Buffer.concat(chunks).toString() })
      })
    })
    sent.end(body)
  })
}
