import { isIpAddress, isLocalhost, isLoopback } from './loopback.js'
import type { Parse, Report } from './settings.js'

/** A server's URL without a slash at its end: https, or http on this machine. */
export const serverUrl: Parse<string> = (raw, report) => {
  const url = parseUrl(raw, report)
  if (url === undefined) return undefined
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    report('must be an https URL; http is for a simulator on this machine (localhost, 127.0.0.1)')
  } else if (url.search !== '' || url.href.includes('#')) {
    report('must have no query and no fragment')
  } else {
    return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
  }
  return undefined
}

/**
 * The redirect URI exactly as written, checked by Apple's rules: https, a domain name, no IP address, no localhost, no
 * fragment. Plain http on this machine passes while Apple is a simulator on this machine too.
 *
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing/request-an-authorization
 */
export function redirectUri(simulated: boolean): Parse<string> {
  return (raw, report) => {
    const url = parseUrl(raw, report)
    if (url === undefined) return undefined
    const problem = redirectUriProblem(url, simulated)
    if (problem === undefined) return String(raw)
    report(problem)
    return undefined
  }
}

function redirectUriProblem(url: URL, simulated: boolean): string | undefined {
  if (url.href.includes('#')) return 'must have no fragment (#): Apple refuses it'
  if (simulated && isLoopback(url.hostname)) return undefined
  if (url.protocol !== 'https:') {
    return 'must be an https URL: Apple refuses others (http on localhost works with the simulator, while baseUrl is on this machine)'
  }
  if (isIpAddress(url.hostname) || isLocalhost(url.hostname)) {
    return 'must have a domain name: Apple takes no IP address and no localhost'
  }
  return undefined
}

function parseUrl(raw: unknown, report: Report): URL | undefined {
  // Sent byte for byte later on, so what the URL parser would quietly mend (spaces, line breaks) is refused here.
  if (typeof raw !== 'string' || !/^[\x21-\x7e]+$/.test(raw) || !URL.canParse(raw)) {
    report('must be a whole URL, such as https://school.example/auth/apple/callback, without spaces')
    return undefined
  }
  const url = new URL(raw)
  if (url.username !== '' || url.password !== '') {
    report('must hold no user name and no password')
    return undefined
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    report('must begin with https://')
    return undefined
  }
  return url
}
