import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** How long an app may take to answer. */
const deadlineMs = 10_000

/** Posts a signed notification once; answers the status, or 0 for no whole answer in time. Redirects are not followed. */
export function postNotification(url: string, jwt: string, signal: AbortSignal): Promise<number> {
  const body = JSON.stringify({ payload: jwt })
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
  const request = new URL(url).protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve) => {
    // Each on a connection of its own: none stays open, and none is stale after the app was restarted.
    const sent = request(url, { method: 'POST', headers, agent: false, signal })
    const deadline = setTimeout(() => sent.destroy(), deadlineMs).unref()
    let status = 0
    sent.once('response', (response) => {
      response.on('error', () => undefined)
      response.once('end', () => {
        status = response.statusCode ?? 0
      })
      response.resume()
    })
    sent.on('error', () => undefined)
    sent.once('close', () => {
      clearTimeout(deadline)
      resolve(status)
    })
    sent.end(body)
  })
}
