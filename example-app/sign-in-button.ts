import { type AppleButton, appleButton } from 'express-apple-auth'

/** The sign-in button, which leads back to `returnTo`: Apple's own image, or the simulator's while Apple is simulated. */
export function signInButton(returnTo: string): AppleButton {
  const { APPLE_BASE_URL: base } = process.env
  return appleButton({
    href: `/auth/apple/login?returnTo=${encodeURIComponent(returnTo)}`,
    imageBaseUrl: base && !base.startsWith('https://appleid.apple.com') ? base : undefined,
    width: 240,
    height: 44,
    borderRadius: 8,
    // White with an outline is for light backgrounds and can be seen on dark ones: the pages come in both.
    color: 'white',
    border: true,
    locale: 'en_US',
  })
}
