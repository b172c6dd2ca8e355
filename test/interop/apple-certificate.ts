import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key and a certificate for appleid.apple.com that nobody trusts who is not told to. */
export interface AppleCertificate {
  readonly key: Buffer
  readonly cert: Buffer
  /** The certificate as a file, for NODE_EXTRA_CA_CERTS. */
  readonly file: string
  /** Deletes the files. */
  readonly remove: () => void
}

/** Makes a certificate that is good for a day. */
export function createAppleCertificate(): AppleCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'interop-'))
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=appleid.apple.com', '-addext', 'subjectAltName=DNS:appleid.apple.com']
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile]
  execFileSync('openssl', ['req', '-x509', ...newKey, '-out', file, '-days', '1', ...subject], { stdio: 'ignore' })
  return {
    key: readFileSync(keyFile),
    cert: readFileSync(file),
    file,
    remove() {
      rmSync(folder, { recursive: true })
    },
  }
}
