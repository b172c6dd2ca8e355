import type { AgentJar, TestClient } from './agent.js'
import { keepCookies, withholdCookies } from './agent-cookies.js'

/** An agent whose cookies are at hand. */
export type CookieAgent = TestClient & { readonly jar: AgentJar }

/** One page that the agent is sent to, as a browser is. */
export interface Visit {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  /** The form's fields; none for GET. */
  readonly fields?: Readonly<Record<string, string>>
  /** Where the person comes from: their own address bar, the app's site, or the origin of Apple's page. */
  readonly from: 'address bar' | 'app' | URL
}

/** What the app answered. */
export interface Visited {
  readonly visit: Visit
  readonly status: number
  readonly text: string
  /** Where it sends the browser, absolute. */
  readonly location: URL | undefined
}

/**
 * Lets an agent open a page of the app under the redirect URI's host name, with what a browser says of itself, and
 * without the cookies that a browser would hold back.
 */
export async function visitPage(agent: CookieAgent, visit: Visit): Promise<Visited> {
  const { method, url, fields, from } = visit
  const path = `${url.pathname}${url.search}`
  const request = method === 'GET' ? agent.get(path) : agent.post(path)
  request.redirects(0)
  request.ok(() => true)
  for (const [name, value] of Object.entries(headersOf(visit))) request.set(name, value)
  if (from instanceof URL) withholdCookies(agent.jar, request, method)
  if (fields !== undefined) request.send(new URLSearchParams(fields).toString())
  const { status, headers, text = '' } = await request
  keepCookies(agent.jar, request.url, headers['set-cookie'])
  const { location } = headers
  const isRedirect = status >= 300 && status < 400 && typeof location === 'string' && URL.canParse(location, url.href)
  return { visit, status, text, location: isRedirect ? new URL(location, url) : undefined }
}

function headersOf({ method, url, from }: Visit): Record<string, string> {
  const site = from === 'app' ? 'same-origin' : from === 'address bar' ? 'none' : 'cross-site'
  return {
    host: url.host,
    Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    'Sec-Fetch-Site': site,
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
    // As a proxy that speaks https in front of the app; an app that trusts none does not read it.
    ...(url.protocol === 'https:' && { 'X-Forwarded-Proto': 'https' }),
    ...(method === 'POST' && {
      Origin: from instanceof URL ? from.origin : url.origin,
      'Content-Type': 'application/x-www-form-urlencoded',
    }),
  }
}
