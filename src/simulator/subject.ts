import { createHash } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A managed account's `sub`: 6 digits, base64 of 30 characters, base64 of 3; the same for the same seed. */
export function managedSubject(seed: string): string {
  const bytes = createHash('sha512').update(`managed ${seed}`).digest()
  const letters = [...bytes.subarray(0, 33)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('')
  const [body, tail] = [letters.slice(0, 30), letters.slice(30)]
  return `${sixDigits(bytes)}.${Buffer.from(body).toString('base64')}.${Buffer.from(tail).toString('base64')}`
}

/** A consumer account's `sub`: 6 digits, 32 hex digits, 4 digits; the same for the same seed. */
export function consumerSubject(seed: string): string {
  const bytes = createHash('sha512').update(`consumer ${seed}`).digest()
  const tail = String(bytes.readUInt16BE(36) % 10000).padStart(4, '0')
  return `${sixDigits(bytes)}.${bytes.subarray(0, 16).toString('hex')}.${tail}`
}

// Apple's numbers seen so far all begin with 00.
function sixDigits(bytes: Buffer): string {
  return String(bytes.readUInt16BE(40) % 2000).padStart(6, '0')
}
