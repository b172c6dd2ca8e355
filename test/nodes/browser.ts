import { Agent, type IncomingHttpHeaders, request } from 'node:http'

/** What came back; status 0 where the connection broke before an answer was complete. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** How long it took, in milliseconds. */
  readonly ms: number
}

/** After so long without an answer a person would give up. */
const patienceMs = 20_000
const agent = new Agent({ keepAlive: true })

/** A person's browser: one cookie jar, and the headers of somebody who opens pages and sends forms. */
export class Browser {
  readonly #cookies = new Map<string, string>()

  constructor(readonly siteUrl: string) {}

  /** Opens a page; `at` asks one node past the proxy, with the headers that the proxy would send. */
  get(path: string, at?: string): Promise<Answer> {
    return this.#send('GET', path, undefined, at)
  }

  /** Sends a form of the site's own. */
  post(path: string, fields: Record<string, string>, at?: string): Promise<Answer> {
    return this.#send('POST', path, new URLSearchParams(fields).toString(), at)
  }

  async #send(method: string, path: string, body: string | undefined, at = this.siteUrl): Promise<Answer> {
    const site = new URL(this.siteUrl)
    const headers = {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      'sec-fetch-site': method === 'GET' ? 'none' : 'same-origin',
      ...(method === 'GET' ? {} : { origin: this.siteUrl, 'content-type': 'application/x-www-form-urlencoded' }),
      ...(at === this.siteUrl ? {} : { 'x-forwarded-host': site.host, 'x-forwarded-proto': 'http' }),
      ...(this.#cookies.size === 0 ? {} : { cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') }),
    }
    const answer = await exchange(new URL(path, at), method, headers, body)
    this.#keep(answer.headers['set-cookie'] ?? [])
    return answer
  }

  #keep(setCookies: readonly string[]): void {
    for (const setCookie of setCookies) {
      const [pair = ''] = setCookie.split(';')
      const [name = '', value = ''] = pair.split('=')
      this.#cookies.set(name, value)
    }
  }
}

function exchange(url: URL, method: string, headers: Record<string, string>, body = ''): Promise<Answer> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const answer = (status: number, text: string, headers: IncomingHttpHeaders = {}): void => {
      resolve({ status, headers, text, ms: performance.now() - startedAt })
    }
    const outgoing = request(url, { method, agent, headers, timeout: patienceMs }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      incoming.once('end', () => {
        answer(incoming.statusCode ?? 0, text, incoming.headers)
      })
      incoming.once('error', () => {
        answer(0, 'the answer broke off')
      })
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer')))
    outgoing.once('error', ({ message }) => {
      answer(0, message)
    })
    outgoing.end(body)
  })
}
