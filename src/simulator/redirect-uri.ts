import { isIP } from 'node:net'

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]']

/**
 * Checks a return URL as Apple's portal does, and lets plain http on loopback pass, because
 * development needs it and only the simulator may.
 * @throws TypeError with what is wrong and what to write instead
 */
export function requireRedirectUri(uri: string): void {
  if (!URL.canParse(uri) || !/^[\x21-\x7e]+$/.test(uri)) throw refusal(uri, 'is not an absolute URL')
  const parsed = new URL(uri)
  if (uri.includes('#')) throw refusal(uri, 'has a fragment (#), which Apple refuses')
  if (parsed.username !== '' || parsed.password !== '') throw refusal(uri, 'carries a user name or password')
  if (parsed.protocol === 'http:' && loopbackHosts.includes(parsed.hostname)) return
  if (parsed.protocol !== 'https:') throw refusal(uri, 'is not https')
  if (isIP(parsed.hostname.replace(/^\[|\]$/g, '')) !== 0) throw refusal(uri, 'names an IP address')
  if (parsed.hostname === 'localhost' || parsed.hostname.endsWith('.localhost')) throw refusal(uri, 'names localhost')
  if (!parsed.hostname.includes('.')) throw refusal(uri, 'names no domain')
}

function refusal(uri: string, why: string): TypeError {
  return new TypeError(
    `The redirect URI ${uri} ${why}. Apple takes https with a domain name; the simulator also takes ` +
      'http://localhost, http://127.0.0.1 and http://[::1].',
  )
}
