import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Seals texts that rest in a store, and opens them again. */
export interface Sealing {
  seal(text: string): string
  /** The text; undefined when no key opens it. A text that was never sealed is given back as it is. */
  open(stored: string): string | undefined
}

const mark = 'sealed.1.'
const ivBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM (NIST SP 800-38D) with the first key; all keys open. Without keys texts stay as they are.
 *
 * `purpose` is authenticated along with the text, so that a sealed value works only where it was put.
 */
export function createSealing(keys: readonly Buffer[], purpose: string): Sealing {
  const [sealingKey] = keys
  return {
    seal(text) {
      if (sealingKey === undefined) return text
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', sealingKey, iv, { authTagLength: tagBytes }).setAAD(
        Buffer.from(purpose),
      )
      const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()])
      return `${mark}${Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url')}`
    },

    open(stored) {
      if (!stored.startsWith(mark)) return stored
      const bytes = Buffer.from(stored.slice(mark.length), 'base64url')
      if (bytes.length < ivBytes + tagBytes) return undefined
      for (const key of keys) {
        const text = openWith(key, bytes, purpose)
        if (text !== undefined) return text
      }
      return undefined
    },
  }
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
