import { get, type ClientRequest, type IncomingMessage } from 'node:http'

/** A change as the stream sends it. */
export interface StreamedChange {
  id: string
  group: string
  row: string
  html: string
  news: string
  heading: string
  frame: string
}

/** The simulator's stream of exchanges, read as a browser reads it. */
export class ExchangeStream {
  readonly changes: StreamedChange[] = []
  /** Every event that is none of a change, and every comment as `:`. */
  readonly others: string[] = []
  /** All that came, as text. */
  text = ''
  ended = false
  #wakers: (() => void)[] = []

  private constructor(
    readonly request: ClientRequest,
    readonly response: IncomingMessage,
  ) {
    response.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk
      this.#parse()
      this.#wake()
    })
    response.on('close', () => {
      this.ended = true
      this.#wake()
    })
    response.on('error', () => undefined)
  }

  static async open(url: string, since?: string, headers: Record<string, string> = {}): Promise<ExchangeStream> {
    const query = since === undefined ? '' : `?since=${since}`
    const request = get(`${url}/simulator/exchanges${query}`, { headers, agent: false })
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).once('error', reject)
    })
    request.on('error', () => undefined)
    return new ExchangeStream(request, response)
  }

  /** Waits until something is true of what came. */
  async until(isTrue: (stream: this) => boolean): Promise<void> {
    while (!isTrue(this)) await new Promise<void>((resolve) => this.#wakers.push(resolve))
  }

  close(): void {
    this.request.destroy()
  }

  #parse(): void {
    const blocks = this.text.split('\n\n').slice(0, -1)
    this.changes.length = 0
    this.others.length = 0
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => [line.split(': ', 1)[0], line.replace(/^\w*: ?/, '')]))
      if (fields.get('event') !== 'change') this.others.push(fields.get('event') ?? block)
      else
        this.changes.push({
          id: fields.get('id') ?? '',
          ...(JSON.parse(fields.get('data') ?? '') as object),
        } as StreamedChange)
    }
  }

  #wake(): void {
    this.#wakers.splice(0).forEach((wake) => {
      wake()
    })
  }
}
