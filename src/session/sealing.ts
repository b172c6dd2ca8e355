import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Seals texts that rest in a store, and opens them again. */
export interface Sealing {
  readonly seal: (text: string) => string
  /** The text; undefined when no key opens it. A text that was never sealed is given back as it is. */
  readonly open: (stored: string) => string | undefined
  /** Is this as `seal` would make it today: by the first key, or unsealed where there are none? Costs no cryptography. */
  readonly isCurrent: (stored: string) => boolean
}

const ivBytes = 12
const tagBytes = 16
/** A sealed text; the second form names its key. */
const sealedText = /^sealed\.(?:1|2\.([\w-]{8}))\.([\w-]*)$/

/**
 * AES-256-GCM (NIST SP 800-38D) with the first key; all keys open. Without keys texts stay as they are.
 *
 * `purpose` is authenticated along with the text, so that a sealed value works only where it was put.
 */
export function createSealing(keys: readonly Buffer[], purpose: string): Sealing {
  const named = keys.map((key) => ({ key, name: nameOf(key) }))
  const [first] = named
  const mark = `sealed.2.${first?.name ?? ''}.`
  return {
    seal(text) {
      if (first === undefined) return text
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', first.key, iv, { authTagLength: tagBytes }).setAAD(
        Buffer.from(purpose),
      )
      const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()])
      return `${mark}${Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url')}`
    },

    open(stored) {
      if (!isSealed(stored)) return stored
      const [, keyName, data = ''] = sealedText.exec(stored) ?? []
      const bytes = Buffer.from(data, 'base64url')
      if (bytes.length < ivBytes + tagBytes) return undefined
      for (const { key, name } of named) {
        if (keyName !== undefined && keyName !== name) continue
        const text = openWith(key, bytes, purpose)
        if (text !== undefined) return text
      }
      return undefined
    },

    // Without keys there is nothing to seal with: what another key has sealed stays as it is.
    isCurrent: (stored) => first === undefined || stored.startsWith(mark),
  }
}

/** Was this text made by `seal`, whatever the key? */
export function isSealed(stored: string): boolean {
  return stored.startsWith('sealed.')
}

/** Says which key sealed a text and nothing of the key itself: 48 bits of a hash of 256 random ones. */
function nameOf(key: Buffer): string {
  return createHash('sha256').update('express-apple-auth key').update(key).digest('base64url').slice(0, 8)
}

function openWith(key: Buffer, bytes: Buffer, purpose: string): string | undefined {
  try {
    const iv = bytes.subarray(0, ivBytes)
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
      .setAAD(Buffer.from(purpose))
      .setAuthTag(bytes.subarray(-tagBytes))
    return decipher.update(bytes.subarray(ivBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    // Another key's, or tampered with: the caller cannot tell either, and treats both as no login.
    return undefined
  }
}
