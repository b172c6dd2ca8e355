/**
 * RSA keys from a faulty chip (ROCA, CVE-2017-15361) can be factored: their moduli are powers of 65537 modulo every small
 * prime, which of others about one in 2^27 is.
 */
const primes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
]

const powers = primes.map((prime) => [BigInt(prime), powersOf65537(prime)] as const)

/** Does this modulus (base64url, as in a JWK) look as if such a chip had made it? */
export function isFromFaultyChip(modulus: string): boolean {
  const n = BigInt(`0x0${Buffer.from(modulus, 'base64url').toString('hex')}`)
  return powers.every(([prime, known]) => known.has(Number(n % prime)))
}

function powersOf65537(prime: number): ReadonlySet<number> {
  const known = new Set<number>()
  for (let power = 1; !known.has(power); power = (power * 65537) % prime) known.add(power)
  return known
}
