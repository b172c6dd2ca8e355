import { basename } from 'node:path'
import { shown } from '../shown.js'
import { type Check, type CheckId, ok, problem, skipped, warning } from './check.js'
import type { Patient } from './patient.js'

/** Checks the key, its id, and whether the two belong together as far as the file's name tells. */
export function checkKey(patient: Patient, isWrong: (id: CheckId) => boolean): Check[] {
  const { raw, credentials, credentialWarnings } = patient
  const keyId = isWrong('key-id') || raw('keyId') === undefined ? [] : [checkKeyId(patient)]
  if (isWrong('private-key')) return keyId
  if (credentials?.kind === 'ready-made' || raw('clientSecret') !== undefined) {
    return [...keyId, skipped('private-key', 'Not needed: the client secret is ready-made.')]
  }
  if (credentials === undefined) return keyId
  return [
    ...keyId,
    ...credentialWarnings.map((message) => warning('private-key', message)),
    ok('private-key', `An EC key on P-256, read from ${keyVariable(patient)}; it signs.`),
  ]
}

function keyVariable({ raw, variable }: Patient): string {
  return variable(raw('privateKeyFile') === undefined ? 'privateKey' : 'privateKeyFile')
}

/** The key id that the file is named after; undefined where it has another name. */
export function keyIdOfFile({ raw }: Patient): string | undefined {
  const file = raw('privateKeyFile')
  return file === undefined ? undefined : /^AuthKey_([A-Z0-9]{10})\.p8$/.exec(basename(file))?.[1]
}

function checkKeyId(patient: Patient): Check {
  const { raw, variable } = patient
  const keyId = raw('keyId') ?? ''
  const name = variable('keyId')
  const named = keyIdOfFile(patient)
  if (keyId === raw('teamId')) {
    return problem(
      'key-id',
      `${name} and ${variable('teamId')} are the same, so one of them is wrong.`,
      "The key id is in the file's name, AuthKey_<key id>.p8; the Team ID is under Membership details.",
    )
  }
  if (named === undefined || named === keyId) return ok('key-id', shown(keyId))
  if (named === raw('teamId')) {
    return problem(
      'key-id',
      `${name} and ${variable('teamId')} are swapped: the key file's name, AuthKey_${named}.p8, has the id that ${variable('teamId')} holds.`,
      'Exchange the two values.',
    )
  }
  return problem(
    'key-id',
    `${name} is ${shown(keyId)}, but the key file is named AuthKey_${named}.p8, as Apple names the file of another key.`,
    `Set ${name}=${named}, or give the file of the key ${shown(keyId)}; rename the file if it was misnamed here.`,
  )
}
