import { isIP } from 'node:net'

/** Is this URL host name (as in `URL.hostname`) this very machine? */
export function isLoopback(hostname: string): boolean {
  return isLocalhost(hostname) || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === '[::1]'
}

/** Is this URL host name `localhost` or below it? */
export function isLocalhost(hostname: string): boolean {
  // A dot at the end says that the name is whole; it is the same name.
  return /(^|\.)localhost\.?$/.test(hostname)
}

/** Is this URL host name an IP address, version 4 or 6? */
export function isIpAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
}
