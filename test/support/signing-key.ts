import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** A key of Apple's, private and public. */
export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** The variable in which keys are kept for all tests of a run: RSA keys take long to make, and every file wants some. */
const variable = 'LOOPBACK_APPLE_KEYS'

/** Makes an RSA key under that kid. */
export function createSigningKey(kid: string): SigningKey {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }
}

/** The keys that `keepKeys` has made; undefined outside Jest. */
export function keptKeys(): SigningKey[] | undefined {
  const kept = process.env[variable]
  if (kept === undefined) return undefined
  return Object.entries(JSON.parse(kept) as Record<string, string>).map(([kid, pem]) => {
    return { kid, privateKey: createPrivateKey(pem), publicKey: createPublicKey(pem) }
  })
}

/** Makes the keys once for a run: Jest's `globalSetup`. */
export default function keepKeys(): void {
  const keys = ['first00001', 'second0002', 'third00003'].map(createSigningKey)
  process.env[variable] = JSON.stringify(
    Object.fromEntries(keys.map(({ kid, privateKey }) => [kid, privateKey.export({ format: 'pem', type: 'pkcs8' })])),
  )
}
