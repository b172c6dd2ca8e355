import { createHash } from 'node:crypto'
import { scramble, unscramble } from './scramble.js'

/** Ids that carry their number: nothing has to be remembered to find whom one belongs to. */
export interface IdCodec {
  /** Makes the id of a number below 2^32. */
  readonly encode: (number: number) => string
  /** Finds the number; undefined for an id that this codec did not make. */
  readonly decode: (id: string) => number | undefined
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

// Apple's ids are base64 of letters and digits. Three of those make four characters, here one of 4096 groups.
const groups = Array.from({ length: 4096 }, (_, index) => {
  const number = (index * 57_731 + 91_193) % alphabet.length ** 3
  const letter = (place: number) => alphabet.charAt(Math.floor(number / place) % alphabet.length)
  return Buffer.from(letter(1) + letter(alphabet.length) + letter(alphabet.length ** 2)).toString('base64')
})
const indexOfGroup = new Map(groups.map((group, index) => [group, index]))

/** Ids of managed accounts: 6 digits, base64 of 30 characters, base64 of 3; other numbers for another `seed`. */
export function createUserIdCodec(seed: string): IdCodec {
  const [mask, salt] = masks(seed)
  function encode(number: number): string {
    const own = scramble(number ^ mask)
    let next = scramble(own ^ salt)
    const digits = String(next % 2000).padStart(6, '0')
    let body = group(own) + group(own >>> 12) + group((own >>> 24) | (next & 0xf00))
    for (let pair = 0; pair < 3; pair++) {
      next = scramble(next ^ salt)
      body += group(next) + group(next >>> 12)
    }
    next = scramble(next ^ salt)
    return `${digits}.${body}${group(next)}.${group(next >>> 12)}`
  }
  return {
    encode,
    decode(id) {
      const [first, second, third] = [7, 11, 15].map((start) => indexOfGroup.get(id.slice(start, start + 4)))
      if (first === undefined || second === undefined || third === undefined) return undefined
      const number = (unscramble((first | (second << 12) | ((third & 0xff) << 24)) >>> 0) ^ mask) >>> 0
      // The rest of the id follows from the number, which a foreign or changed id does not get right.
      return encode(number) === id ? number : undefined
    },
  }
}

/** Ids such as `LO:12345678901234567890`: the reference shows the prefix and digits. */
export function createNumberIdCodec(prefix: string, seed: string): IdCodec {
  const [mask, salt] = masks(seed)
  const tenDigits = (value: number) => String(value).padStart(10, '0')
  function encode(number: number): string {
    const own = scramble(number ^ mask)
    return `${prefix}:${tenDigits(own)}${tenDigits(scramble(own ^ salt))}`
  }
  return {
    encode,
    decode(id) {
      const own = Number(id.slice(prefix.length + 1, prefix.length + 11))
      if (!Number.isInteger(own) || own < 0 || own >= 2 ** 32) return undefined
      const number = (unscramble(own) ^ mask) >>> 0
      return encode(number) === id ? number : undefined
    },
  }
}

function group(bits: number): string {
  return groups[bits & 0xfff] ?? ''
}

function masks(seed: string): [number, number] {
  const bytes = createHash('sha256').update(seed).digest()
  return [bytes.readUInt32BE(0), bytes.readUInt32BE(4)]
}
