import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { privateKey } from '../../src/config/private-key.js'
import { p8 } from '../support/test-app.js'
import { configure, good, problemsOf } from './environment.js'

const body = p8.replace(/-----[A-Z ]+-----|\n/g, '')
const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()
const crlf = p8.replaceAll('\n', '\r\n')
const literal = p8.replaceAll('\n', '\\n')
const oneLine = p8.trim().replaceAll('\n', ' ')

const shapes: readonly (readonly [name: string, text: string])[] = [
  ['PEM', p8],
  ['PEM without a newline at its end', p8.trimEnd()],
  ['PEM among blank lines and spaces', `\n\n  ${p8}\t\n`],
  ['PEM behind a byte order mark', `\uFEFF${p8}`],
  ['PEM with CRLF', crlf],
  ['PEM with CR alone', p8.replaceAll('\n', '\r')],
  ['PEM with spaces before each line', p8.replaceAll(/^/gm, '    ')],
  ['PEM with literal \\n', literal],
  ['PEM with literal \\r\\n', p8.replaceAll('\n', '\\r\\n')],
  ['PEM with literal \\n and real line ends', p8.replaceAll('\n', '\\n\n')],
  ['PEM in double quotes', `"${p8}"`],
  ['PEM in single quotes', `'${p8}'`],
  ['PEM with literal \\n in double quotes', `"${literal}"`],
  ['PEM with literal \\n in single quotes', `'${literal}'\n`],
  ['PEM with CRLF in quotes', `"${crlf}"`],
  ['PEM in one line with spaces', oneLine],
  ['PEM in one line without spaces', p8.replaceAll('\n', '')],
  ['PEM in one line in quotes', `"${oneLine}"`],
  ['base64 of the PEM', Buffer.from(p8).toString('base64')],
  [
    'base64 of the PEM in lines',
    Buffer.from(p8)
      .toString('base64')
      .replace(/(.{76})/g, '$1\n'),
  ],
  ['base64 of the PEM with CRLF', Buffer.from(crlf).toString('base64')],
  ['base64 of the PEM without padding', Buffer.from(p8.trimEnd()).toString('base64').replace(/=+$/, '')],
  ['base64url of the PEM', Buffer.from(p8).toString('base64url')],
  ['base64 of the PEM in quotes', `"${Buffer.from(p8).toString('base64')}"`],
  ['the bare body', body],
  ['the bare body in lines', p8.trim().split('\n').slice(1, -1).join('\n')],
  ['the bare body in lines of CRLF', p8.trim().split('\n').slice(1, -1).join('\r\n')],
  ['the bare body with literal \\n', p8.trim().split('\n').slice(1, -1).join('\\n')],
  ['the bare body with spaces', p8.trim().split('\n').slice(1, -1).join(' ')],
  ['the bare body in quotes', `'${body}'`],
  ['the bare body in base64url', Buffer.from(body, 'base64').toString('base64url')],
]

const p256 = createPrivateKey(p8)
const certificate = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`
const publicKey = createPublicKey(p256).export({ format: 'pem', type: 'spki' }).toString()
const encrypted = p256.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' }).toString()
const encryptedSec1 = p256.export({ format: 'pem', type: 'sec1', cipher: 'aes-256-cbc', passphrase: 'x' }).toString()

const wrong: readonly (readonly [name: string, text: unknown, advice: RegExp])[] = [
  ['a P-384 key', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), /P-256.*whole \.p8/],
  ['a P-521 key', pem(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey), /P-256/],
  ['a secp256k1 key', pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey), /P-256/],
  ['an RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey), /P-256/],
  ['an Ed25519 key', pem(generateKeyPairSync('ed25519').privateKey), /P-256/],
  ['an encrypted key', encrypted, /passphrase/],
  ['an encrypted key with literal \\n', encrypted.replaceAll('\n', '\\n'), /passphrase/],
  ['an encrypted key of the older kind', encryptedSec1, /passphrase/],
  ['base64 of an encrypted key', Buffer.from(encrypted).toString('base64'), /passphrase/],
  ['a public key', publicKey, /whole \.p8/],
  ['the body of a public key', publicKey.replace(/-----[A-Z ]+-----|\n/g, ''), /whole \.p8/],
  ['a certificate', certificate, /whole \.p8/],
  ['a key cut off in its body', p8.slice(0, 120), /whole \.p8/],
  ['a key with lines missing', p8.replace(/\n.*\n/, '\n'), /whole \.p8/],
  ['a key without its last line', p8.replace(/-----END.*/, ''), /whole \.p8/],
  ['a cut bare body', body.slice(0, 100), /whole \.p8/],
  ['the armour alone', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----', /whole \.p8/],
  ['nothing', '', /whole \.p8/],
  ['quotes around nothing', '""', /whole \.p8/],
  ['junk', 'correct horse battery staple', /whole \.p8/],
  ['junk in base64', Buffer.from('correct horse').toString('base64'), /whole \.p8/],
  ['a key whose public half is the point at infinity', withoutPublicHalf(), /damaged/],
  ['a path', '/etc/keys/AuthKey_KEY1234567.p8', /whole \.p8/],
  ['a path without a dot', '/etc/keys/apple', /whole \.p8/],
  ['a JWT', 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln', /whole \.p8/],
  ['a number', 5, /whole \.p8/],
  ['null', null, /whole \.p8/],
  ['a KeyObject', p256, /whole \.p8/],
]

/** RFC 5958 and RFC 5915, with a private scalar of 32 bytes and `00` for the public point: Node aborts on its details. */
function withoutPublicHalf(): string {
  const scalar = (p256.export({ format: 'jwk' }) as { d: string }).d
  const inner = Buffer.concat([
    Buffer.from('302b0201010420', 'hex'),
    Buffer.from(scalar, 'base64url'),
    Buffer.from('a10403020000', 'hex'),
  ])
  inner[1] = inner.length - 2
  const outer = Buffer.concat([
    Buffer.from('3000020100301306072a8648ce3d020106082a8648ce3d030107', 'hex'),
    Buffer.from([0x04, inner.length]),
    inner,
  ])
  outer[1] = outer.length - 2
  return outer.toString('base64')
}

describe('privateKey', () => {
  it.each(shapes)('reads %s', (_name, text) => {
    const key = privateKey(text, (problem) => {
      throw new Error(problem)
    })
    expect(key?.equals(p256)).toBe(true)
  })
})

describe('appleAuth({ privateKey }) (catalogue row 111)', () => {
  it.each(shapes)('takes %s from the variable', (_name, text) => {
    expect(() => configure({ ...good, privateKey: undefined }, { APPLE_PRIVATE_KEY: text })).not.toThrow()
  })

  it.each(wrong)('refuses %s', (_name, text, advice) => {
    const [problem, ...more] = problemsOf({ privateKey: text })
    expect(problem).toMatchObject({ option: 'privateKey', variable: 'APPLE_PRIVATE_KEY' })
    expect(problem?.message).toMatch(advice)
    expect(more).toEqual([])
  })
})
