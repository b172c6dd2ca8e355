import type { AppleSimulator } from '../simulator/index.js'

/** The app as the kit knows it. */
export interface AppUnderTest {
  readonly simulator: AppleSimulator
  readonly clientId: string
  readonly redirectUri: URL
  /** The path that begins a login. */
  readonly loginPath: string
}

/** The path beside the callback: `/auth/apple/callback` has `/auth/apple/login`. */
export function besideCallback(redirectUri: URL, name: string): string {
  return new URL(name, redirectUri).pathname
}

/** A URL as a test wants to compare it: the path within the app, whole elsewhere. */
export function placeOf({ redirectUri }: AppUnderTest, url: URL): string {
  return url.host === redirectUri.host ? `${url.pathname}${url.search}` : url.href
}

/** Tells a URL of this simulator. */
export function isOurApple({ simulator }: AppUnderTest, url: URL): boolean {
  return url.href.startsWith(`${simulator.url}/`)
}

/**
 * Says that the app sends people to another Apple, where it does.
 * @returns undefined for any other URL
 */
export function otherApple({ simulator }: AppUnderTest, url: URL): Error | undefined {
  if (!/\/auth\/(oauth2\/v2\/)?authorize$/.test(url.pathname)) return undefined
  return new Error(
    `The app sends people to ${url.origin}, not to this simulator (${simulator.url}). Set apple.environment before ` +
      'appleAuth() runs: Object.assign(process.env, apple.environment), then load the app by await import().',
  )
}
