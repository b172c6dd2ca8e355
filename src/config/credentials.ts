import type { KeyObject } from 'node:crypto'
import { privateKey, privateKeyFile } from './private-key.js'
import { type ReadyMadeSecret, readyMadeSecret } from './ready-made-secret.js'
import type { Settings } from './settings.js'
import { tenCharacters } from './values.js'

/** What client secrets are made from: a key, or one that is ready-made. */
export type Credentials =
  | { readonly kind: 'key'; readonly teamId: string; readonly keyId: string; readonly privateKey: KeyObject }
  | ({ readonly kind: 'ready-made' } & ReadyMadeSecret)

/** Reads the one way in which client secrets are to be had, and checks that the client id leaves the Team ID out. */
export function readCredentials(
  settings: Settings,
  clientId: string | undefined,
  warn: (message: string) => void,
): Credentials | undefined {
  const ways = (['privateKey', 'privateKeyFile', 'clientSecret'] as const).filter((option) => settings.has(option))
  const [way] = ways
  if (ways.length > 1)
    settings.report(
      'privateKey',
      `is one of ${ways.map((option) => settings.nameOf(option)).join(', ')}: give one of them, not several`,
    )
  if (way === undefined) {
    const others = `its path as ${settings.nameOf('privateKeyFile')}, or a ready-made ${settings.nameOf('clientSecret')}`
    settings.report('privateKey', `is missing: give the .p8 there, ${others}`)
  }
  if (way === 'clientSecret') {
    const teamId = settings.read('teamId', tenCharacters)
    settings.read('keyId', tenCharacters)
    checkTeamId(settings, clientId, teamId)
    const secret = settings.read('clientSecret', readyMadeSecret({ clientId, teamId }, warn))
    return secret && { kind: 'ready-made', ...secret }
  }
  const teamId = settings.readRequired('teamId', tenCharacters, "your developer team's ten characters")
  const keyId = settings.readRequired('keyId', tenCharacters, "the key's ten characters, as in AuthKey_<keyId>.p8")
  checkTeamId(settings, clientId, teamId)
  const key =
    way === 'privateKeyFile'
      ? settings.read('privateKeyFile', privateKeyFile(warn))
      : settings.read('privateKey', privateKey)
  if (teamId === undefined || keyId === undefined || key === undefined) return undefined
  return { kind: 'key', teamId, keyId, privateKey: key }
}

function checkTeamId(settings: Settings, clientId: string | undefined, teamId: string | undefined): void {
  if (clientId !== undefined && teamId !== undefined && clientId.includes(teamId)) {
    settings.report('clientId', 'contains the Team ID, which Apple forbids: leave that part out')
  }
}
