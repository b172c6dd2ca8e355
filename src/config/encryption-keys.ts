import type { Parse } from './settings.js'
import { list } from './values.js'

/** Keys of 32 bytes each, written in base64url; the first seals, all open. */
export const encryptionKeys: Parse<readonly Buffer[]> = (raw, report) => {
  const texts = list(raw, report)
  if (texts === undefined) return undefined
  const keys = texts.filter((text) => /^[A-Za-z0-9_-]+={0,2}$/.test(text)).map((text) => Buffer.from(text, 'base64url'))
  if (texts.length > 0 && keys.length === texts.length && keys.every((key) => key.length === 32)) return keys
  report(
    'must hold keys of 32 bytes in base64url, with commas between them (one: openssl rand 32 | basenc --base64url)',
  )
  return undefined
}
