import { checkPrimeSync, createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { AppleIdTokenError } from '../../src/index.js'
import { signIn } from '../support/login-steps.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

/** The product of the small primes that the faulty chip's own primes are powers of 65537 modulo. */
const product = Array.from({ length: 166 }, (_, index) => BigInt(index + 2))
  .filter((number, index, numbers) => numbers.slice(0, index).every((smaller) => number % smaller !== 0n))
  .reduce((all, prime) => all * prime, 1n)

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`)
}

function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus]
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest % 2n === 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

function inverse(number: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [number % modulus, modulus, 1n, 0n]
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x]
  return ((x % modulus) + modulus) % modulus
}

/** A prime of 1024 bits as that chip makes them: k·M + (65537^a mod M). */
function faultyPrime(): bigint {
  for (;;) {
    const rest = powerModulo(65537n, toBigInt(randomBytes(8)), product)
    const multiple = (toBigInt(randomBytes(128)) | (3n << 1022n)) / product
    const candidate = multiple * product + rest
    if (candidate >> 1023n === 1n && candidate % 65537n !== 1n && checkPrimeSync(candidate)) return candidate
  }
}

function faultyKey(): KeyObject {
  const [p, q, e] = [faultyPrime(), faultyPrime(), 65537n]
  const d = inverse(e, (p - 1n) * (q - 1n))
  const text = (number: bigint): string => {
    const hex = number.toString(16)
    return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
  }
  const parts = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const jwk = Object.fromEntries(Object.entries(parts).map(([name, number]) => [name, text(number)]))
  return createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
}

describe('the key set (row 97)', () => {
  it('has no use for a key of the kind that a faulty chip made, which can be factored', async () => {
    const app = await startApp()
    const privateKey = faultyKey()
    apple.keys = [{ kid: 'faulty0001', privateKey, publicKey: createPublicKey(privateKey) }, ...apple.keys]
    const visitor = app.visitor()
    expect((await signIn(apple, visitor)).status).toBe(401)
    expect(app.errors.at(-1)).toBeInstanceOf(AppleIdTokenError)
    // The others in the same set are as good as ever.
    apple.keys = apple.keys.slice(1)
    expect((await signIn(apple, visitor)).status).toBe(303)
  })
})
