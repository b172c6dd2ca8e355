import { generateKeyPair, randomBytes, randomInt, sign, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

/** One of Apple's RSA keys. */
interface SigningKey {
  readonly keyId: string
  readonly privateKey: KeyObject
  /** What the keys endpoint shows. */
  readonly jwk: Readonly<Record<string, unknown>>
}

/** Apple's signing keys: three at a time, all of them in use. */
export interface SigningKeys {
  /** The JWK Set, in an order that nobody may rely on. */
  readonly jwks: () => Promise<{ keys: Readonly<Record<string, unknown>>[] }>
  /** Signs claims as a compact RS256 JWT with one of the three keys; the header has `kid` and `alg` and no `typ`. */
  readonly sign: (claims: Readonly<Record<string, unknown>>) => Promise<string>
  /** Lets a new key in and the oldest out; requests that arrive later see the change. */
  readonly rotate: () => Promise<void>
}

const keyCount = 3
const generateRsaKeyPair = promisify(generateKeyPair)

// Making RSA keys takes long, so simulators that never rotate share one trio per process.
let sharedKeys: Promise<readonly SigningKey[]> | undefined

/** Prepares the keys; they are made when first needed. */
export function createSigningKeys(): SigningKeys {
  let rotated: Promise<readonly SigningKey[]> | undefined
  let keysServed = 0
  const current = () => rotated ?? (sharedKeys ??= Promise.all(Array.from({ length: keyCount }, createSigningKey)))
  return {
    async jwks() {
      const keys = await current()
      // Every answer begins with another key: a client that takes keys[0] fails soon.
      const start = keysServed++ % keys.length
      return { keys: [...keys.slice(start), ...keys.slice(0, start)].map(({ jwk }) => jwk) }
    },
    async sign(claims) {
      const keys = await current()
      const key = keys[randomInt(keys.length)]
      if (key === undefined) throw new RangeError('There is no signing key.')
      const header = { kid: key.keyId, alg: 'RS256' }
      const signingInput = `${encode(header)}.${encode(claims)}`
      return `${signingInput}.${sign('sha256', Buffer.from(signingInput), key.privateKey).toString('base64url')}`
    },
    rotate() {
      rotated = Promise.all([current(), createSigningKey()]).then(([keys, key]) => [...keys.slice(1), key])
      return rotated.then(() => undefined)
    },
  }
}

async function createSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateRsaKeyPair('rsa', { modulusLength: 2048 })
  const { n, e } = publicKey.export({ format: 'jwk' })
  const keyId = createKeyId()
  return { keyId, privateKey, jwk: { kty: 'RSA', kid: keyId, use: 'sig', alg: 'RS256', n, e } }
}

// Ten letters or digits, as on the wire since 2024.
function createKeyId(): string {
  return randomBytes(24).toString('base64').replace(/[+/=]/g, '').padEnd(10, 'A').slice(0, 10)
}

function encode(part: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
