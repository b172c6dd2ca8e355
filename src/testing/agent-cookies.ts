import type { AgentJar, TestRequest } from './agent.js'

/** What each cookie in a jar said of SameSite, which the jar does not keep. */
const sameSiteOf = new WeakMap<AgentJar, Map<string, string>>()

/** Keeps back the cookies that a browser would not send along from Apple's site. */
export function withholdCookies(jar: AgentJar, request: TestRequest, method: 'GET' | 'POST'): void {
  const known = sameSiteOf.get(jar)
  const kept = request.cookies?.split('; ').filter((cookie) => {
    const sameSite = known?.get(nameOf(cookie))
    return sameSite !== 'strict' && (sameSite !== 'lax' || method === 'GET')
  })
  if (kept !== undefined) request.cookies = kept.join('; ')
}

/**
 * Keeps the cookies of an answer where the agent itself would drop them: it speaks http to an address of this machine,
 * whatever the app's real name is.
 */
export function keepCookies(jar: AgentJar, address: string, setCookie: unknown): void {
  const { hostname, protocol } = new URL(address)
  const known = sameSiteOf.get(jar) ?? new Map<string, string>()
  sameSiteOf.set(jar, known)
  for (const cookie of Array.isArray(setCookie) ? setCookie.map(String) : []) {
    known.set(nameOf(cookie), attribute(cookie, 'samesite'))
    const sent = protocol === 'https:' ? cookie : cookie.replace(/;\s*secure(?=;|$)/i, '')
    const kept = isForeign(attribute(cookie, 'domain'), hostname) ? sent.replace(/;\s*domain=[^;]*/i, '') : sent
    if (kept !== cookie) jar.setCookies([kept], hostname, '/')
  }
}

function isForeign(domain: string, hostname: string): boolean {
  const bare = domain.replace(/^\./, '')
  return bare !== '' && bare !== hostname && !hostname.endsWith(`.${bare}`)
}

function nameOf(cookie: string): string {
  return cookie.replace(/=[\s\S]*/, '').trim()
}

// In lower case; empty where there is none.
function attribute(cookie: string, name: string): string {
  const [value = ''] = [...cookie.matchAll(new RegExp(`;\\s*${name}=([^;]*)`, 'gi'))].map(([, found = '']) => found)
  return value.trim().toLowerCase()
}
