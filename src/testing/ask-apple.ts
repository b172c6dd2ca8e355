import { request as requestHttp } from 'node:http'

/** An answer of the simulator's. */
export interface AppleAnswer {
  readonly status: number
  readonly text: string
  readonly location: string | undefined
}

/** Asks the simulator as a browser does, and not by `fetch`, which tests like to replace. */
export function askApple(url: URL, fields?: Readonly<Record<string, string>>): Promise<AppleAnswer> {
  const body = fields === undefined ? undefined : new URLSearchParams(fields).toString()
  return new Promise((resolve, reject) => {
    const sent = requestHttp(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded', Origin: url.origin },
      agent: false,
    })
    sent.once('error', reject)
    sent.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.once('error', reject)
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, text, location: response.headers.location })
      })
    })
    sent.end(body)
  })
}
