// https://developer.apple.com/help/account/manage-service-configurations/share-account-and-organizational-data

/**
 * Checks a notification endpoint as Apple's portal does, and lets plain http on loopback pass, because everything is
 * simulated there.
 * @throws TypeError with what is wrong and what to write instead
 */
export function requireNotificationUrl(url: string): void {
  if (typeof url !== 'string' || !URL.canParse(url) || !/^[\x21-\x7e]+$/.test(url)) {
    throw refusal(url, 'is not an absolute URL')
  }
  const { protocol, hostname, username, password } = new URL(url)
  if (url.includes('#')) throw refusal(url, 'has a fragment (#), which no request carries')
  if (username !== '' || password !== '') throw refusal(url, 'carries a user name or password')
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return
  throw refusal(url, 'is not https')
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

function refusal(url: string, why: string): TypeError {
  return new TypeError(
    `The notificationUrl ${url} ${why}. Apple takes an absolute https URL; the simulator also takes ` +
      'http://localhost, http://127.0.0.1 and http://[::1].',
  )
}
