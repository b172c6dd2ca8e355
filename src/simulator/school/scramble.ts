/** Shuffles the whole numbers below 2^32 without losing one: MurmurHash3's last step, which can be undone. */
export function scramble(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Undoes `scramble`. */
export function unscramble(value: number): number {
  let hash = value ^ (value >>> 16)
  // The inverses of the two factors modulo 2^32.
  hash = Math.imul(hash, 0x7ed1b41d)
  hash = Math.imul(hash ^ (hash >>> 13) ^ (hash >>> 26), 0xa5cb9243)
  return (hash ^ (hash >>> 16)) >>> 0
}
