/** The server of Apple's button images. */
export const appleImageBaseUrl = 'https://appleid.cdn-apple.com'

/** Reads a server's URL and gives it without a slash at its end; undefined for what is no such URL. */
export function readImageBaseUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value) || !URL.canParse(value)) return undefined
  const url = new URL(value)
  const isHttps = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
  if (!isHttps || url.username !== '' || url.password !== '' || url.search !== '' || url.href.includes('#'))
    return undefined
  // The host becomes part of a content security policy, where a semicolon, fine in a URL, would begin another directive.
  if (!/^[a-z0-9.-]+$|^\[[0-9a-f:]+\]$/.test(url.hostname)) return undefined
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function isLoopback(hostname: string): boolean {
  return /(^|\.)localhost\.?$|^127\.\d+\.\d+\.\d+$|^\[::1\]$/.test(hostname)
}
