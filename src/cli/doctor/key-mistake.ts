import { readFileSync } from 'node:fs'
import type { Patient } from './patient.js'

/** What was given in the place of a key, and what to do. */
export interface KeyMistake {
  readonly message: string
  readonly advice: string
}

const download =
  'Apple lets a key be downloaded once, when it is made (Certificates, Identifiers & Profiles > Keys); if that file is lost, ' +
  'make a new key.'

/** Tells what stands where the .p8 should; undefined where that cannot be told. */
export function keyMistake(patient: Patient): KeyMistake | undefined {
  const name = patient.variable(patient.raw('privateKeyFile') === undefined ? 'privateKey' : 'privateKeyFile')
  const text = patient.raw('privateKey') ?? fileText(patient.raw('privateKeyFile'))
  if (text === undefined) return undefined
  if (/BEGIN (EC )?PUBLIC KEY/.test(text)) {
    return { message: `${name} holds the public half of a key, which signs nothing.`, advice: download }
  }
  if (text.includes('BEGIN CERTIFICATE')) {
    return { message: `${name} holds a certificate, not a key.`, advice: download }
  }
  if (/BEGIN (RSA|DSA|OPENSSH) PRIVATE KEY|^ssh-/.test(text)) {
    return { message: `${name} holds a key that does not come from Apple's Keys page.`, advice: download }
  }
  if (/^eyJ[\w-]+\./.test(text)) {
    return {
      message: `${name} holds a JWT, such as a ready-made client secret.`,
      advice: `Put that into ${patient.variable('clientSecret')}, or give the .p8 here.`,
    }
  }
  if (/^[^\n]{1,300}\.p8$/.test(text) && !text.includes('BEGIN')) {
    return {
      message: `${name} holds the path of a file, not the key.`,
      advice: `Put the path into ${patient.variable('privateKeyFile')} instead.`,
    }
  }
  return cutOff(name, text)
}

/** An .env file ends an unquoted value at the end of its line, so often the first line alone arrives. */
function cutOff(name: string, text: string): KeyMistake | undefined {
  if (!text.includes('-----BEGIN') || text.includes('-----END')) return undefined
  return {
    message: `${name} holds only the beginning of a key: the lines after the first did not arrive.`,
    advice:
      `In an .env file write the key in one line, with \\n for each line's end and double quotes around it, or give its ` +
      'path instead.',
  }
}

function fileText(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : readFileSync(path, 'utf8').trim()
  } catch {
    // The configuration has said so already.
    return undefined
  }
}
