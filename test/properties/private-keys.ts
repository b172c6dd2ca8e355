import { createECDH } from 'node:crypto'
import fc from 'fast-check'

/** Private keys on P-256 as PKCS #8 files (RFC 5208, around RFC 5915), good and strange ones. */

/** What a file is made of, in hexadecimal. */
interface KeyParts {
  readonly secret: string
  /** Empty where it is left out, as some tools do. */
  readonly publicPoint: string
  /** Apple’s files name the curve a second time, others do not. */
  readonly curveInside: string
}

const oid = { ecPublicKey: '06072a8648ce3d0201', prime256v1: '06082a8648ce3d030107', secp256k1: '06052b8104000a' }

function pkcs8({ secret, publicPoint, curveInside }: KeyParts): Buffer {
  const publicKey = publicPoint === '' ? '' : der('a1', der('03', `00${publicPoint}`))
  const curve = curveInside === '' ? '' : der('a0', curveInside)
  const inner = der('30', `020101${der('04', secret)}${curve}${publicKey}`)
  const outer = der('30', `020100${der('30', oid.ecPublicKey + oid.prime256v1)}${der('04', inner)}`)
  return Buffer.from(outer, 'hex')
}

function der(tag: string, content: string): string {
  const bytes = content.length / 2
  const long = bytes < 128 ? '' : '81'
  return `${tag}${long}${bytes.toString(16).padStart(2, '0')}${content}`
}

function publicPointOf(secret: string): string {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(secret, 'hex')
  return pair.getPublicKey('hex')
}

function hex(length: { minLength?: number; maxLength: number }): fc.Arbitrary<string> {
  return fc.uint8Array(length).map((bytes) => Buffer.from(bytes).toString('hex'))
}

// From 2^248 on and below the group’s order, so that every one is a key.
const goodSecret = hex({ minLength: 31, maxLength: 31 }).map((rest) => `01${rest}`)
const curveInside = fc.constantFrom('', oid.prime256v1)

/** A good key, as Apple or another tool writes it. */
export const goodFile: fc.Arbitrary<Buffer> = fc
  .tuple(goodSecret, fc.boolean(), curveInside)
  .map(([secret, hasPublicKey, curve]) =>
    pkcs8({ secret, publicPoint: hasPublicKey ? publicPointOf(secret) : '', curveInside: curve }),
  )

/** In the form of a key and mostly none: numbers too large, points that are no points or another key’s. */
export const strangeFile: fc.Arbitrary<Buffer> = fc
  .record({
    secret: fc.oneof(goodSecret, hex({ maxLength: 40 }), fc.constantFrom('00'.repeat(32), 'ff'.repeat(32))),
    publicPoint: fc.oneof(fc.constantFrom('', '00', '04'), goodSecret.map(publicPointOf), hex({ maxLength: 65 })),
    curveInside: fc.oneof(curveInside, fc.constantFrom(oid.secp256k1, '0500')),
  })
  .map(pkcs8)
