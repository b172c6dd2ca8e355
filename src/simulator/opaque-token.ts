import { randomBytes, randomInt } from 'node:crypto'

/** The first letter of each kind: authorization code, access token, refresh token. */
export type OpaqueTokenKind = 'c' | 'a' | 'r'

/** Makes a code or token of the shape seen at Apple; `family` is the same four letters for one grant. */
export function createOpaqueToken(kind: OpaqueTokenKind, family: string): string {
  return `${kind}${randomBytes(16).toString('hex')}.0.${family}.${randomBytes(16).toString('base64url')}`
}

/** Draws the four lowercase letters that the tokens of one grant have in common. */
export function createTokenFamily(): string {
  return Array.from({ length: 4 }, () => String.fromCharCode(97 + randomInt(26))).join('')
}
