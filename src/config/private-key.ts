import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Parse } from './settings.js'

const advice = 'paste the whole .p8 file as downloaded from Apple (Certificates, Identifiers & Profiles > Keys)'

/**
 * The .p8 in any shape people paste it: PEM, PEM with literal `\n`, in quotes, with CRLF, base64 of the PEM, or the
 * bare base64 body. It must be an EC P-256 key.
 */
export const privateKey: Parse<KeyObject> = (raw, report) => {
  const pem = typeof raw === 'string' ? toPem(raw) : undefined
  if (pem === undefined) {
    report(`is not a private key: ${advice}`)
    return undefined
  }
  if (/ENCRYPTED/.test(pem)) {
    report(`is protected by a passphrase: ${advice}; Apple's own file has none`)
    return undefined
  }
  const key = open(pem)
  if (key === undefined) {
    report(`is not a private key that can be read: ${advice}`)
  } else if (key.asymmetricKeyType !== 'ec' || !namesP256(pem)) {
    report(`is no EC key on the curve P-256, as Apple's are: ${advice}`)
  } else if (!isSound(key)) {
    report(`is a private key that was damaged on its way: ${advice}`)
  } else {
    return key
  }
  return undefined
}

/** The .p8 read from a path; `warn` hears about a file that others on this machine can read. */
export function privateKeyFile(warn: (message: string) => void): Parse<KeyObject> {
  return (raw, report) => {
    const content = typeof raw === 'string' ? readKeyFile(raw, report) : undefined
    if (content === undefined) {
      if (typeof raw !== 'string') report('must be the path of the .p8 file')
      return undefined
    }
    if (process.platform !== 'win32' && (statSync(String(raw)).mode & 0o077) !== 0) {
      warn('The private key file can be read by other users of this machine: chmod 600 it.')
    }
    return privateKey(content, report)
  }
}

function readKeyFile(path: string, report: (message: string) => void): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    report(`names a file that cannot be read (${code ?? 'unknown error'}): check the path and who may read it`)
    return undefined
  }
}

function toPem(pasted: string): string | undefined {
  const text = pasted
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .replace(/\\r/g, '')
    .replace(/\\n/g, '\n')
    .replace(/\r\n?/g, '\n')
    .trim()
  if (text.includes('-----BEGIN')) return repairPem(text)
  const body = text.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(body)) return undefined
  const decoded = Buffer.from(body, 'base64')
  const inner = decoded.toString('latin1')
  if (inner.includes('-----BEGIN')) return repairPem(inner.replace(/\r\n?/g, '\n').trim())
  return wrap('PRIVATE KEY', decoded.toString('base64'))
}

/** Wraps the body anew, because shells and dashboards turn its line ends into spaces or drop them. */
function repairPem(text: string): string | undefined {
  const match = /-----BEGIN ([A-Z ]+)-----([\s\S]+?)-----END \1-----/.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  const body = match[2].replace(/Proc-Type:.*|DEK-Info:.*/g, '').replace(/\s+/g, '')
  return wrap(match[2].includes('ENCRYPTED') ? 'ENCRYPTED PRIVATE KEY' : match[1], body)
}

function wrap(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`
}

/**
 * Does the key say that it is on P-256 (RFC 5480: 1.2.840.10045.3.1.7)? Asked of its bytes: Node ends the process when it
 * is asked for the curve of some damaged keys.
 */
function namesP256(pem: string): boolean {
  const body = pem.replace(/-----[^-]+-----/g, '')
  return Buffer.from(body, 'base64').includes(Buffer.from('06082a8648ce3d030107', 'hex'))
}

/** Can what it signs be verified? */
function isSound(key: KeyObject): boolean {
  try {
    const text = Buffer.from('test')
    return verify('sha256', text, createPublicKey(key), sign('sha256', text, key))
  } catch {
    return false
  }
}

function open(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    // OpenSSL's message would say nothing that the caller's sentence does not.
    return undefined
  }
}
