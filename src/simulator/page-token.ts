import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Page tokens that say where to go on and for which list, so that nothing is remembered for them. */
export interface PageTokens {
  /** Makes the token that continues a list; the same list and offset give the same token. */
  readonly issue: (list: string, offset: number) => string
  /** Answers the offset; undefined for a token that was changed or belongs to another list. */
  readonly read: (list: string, token: string) => number | undefined
}

const cipher = 'aes-128-ecb'
const offsetBytes = 4
const markBytes = 12

/** Draws a key for one simulator: 22 base64url characters, one of the two shapes in Apple's samples. */
export function createPageTokens(): PageTokens {
  const key = randomBytes(16)
  function issue(list: string, offset: number): string {
    const block = Buffer.alloc(offsetBytes + markBytes)
    block.writeUInt32BE(offset)
    markOf(list).copy(block, offsetBytes)
    // One block that holds a mark of 96 bits: nobody hits that mark without the key.
    return createCipheriv(cipher, key, null).setAutoPadding(false).update(block).toString('base64url')
  }
  return {
    issue,
    read(list, token) {
      const encrypted = Buffer.from(token, 'base64url')
      if (encrypted.length !== offsetBytes + markBytes) return undefined
      const block = createDecipheriv(cipher, key, null).setAutoPadding(false).update(encrypted)
      const offset = block.readUInt32BE()
      // Compared as a whole, because several spellings of base64url give the same bytes.
      return issue(list, offset) === token ? offset : undefined
    },
  }
}

function markOf(list: string): Buffer {
  return createHash('sha256').update(list).digest().subarray(0, markBytes)
}
