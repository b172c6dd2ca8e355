import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SigningKey } from '../support/loopback-apple.js'

/** Makes a certificate that says the attacker's key is Apple's, signed by that same key; its DER bytes. */
export function attackerCertificate({ privateKey, publicKey }: SigningKey): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'attacker-'))
  try {
    const key = join(folder, 'key.pem')
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const options = ['req', '-x509', '-new', '-key', key, '-days', '1', '-subj', '/CN=appleid.apple.com']
    const certificate = new X509Certificate(execFileSync('openssl', options, { stdio: ['ignore', 'pipe', 'ignore'] }))
    if (!certificate.verify(publicKey)) throw new Error('the certificate is not for this key')
    return certificate.raw
  } finally {
    rmSync(folder, { recursive: true })
  }
}
