import type { ConfigProblem } from '../../errors.js'
import { shown } from '../shown.js'
import { type Check, type CheckId, ok, problem, warning } from './check.js'
import { checkClientId } from './client-id-check.js'
import { checkKey } from './key-check.js'
import { keyMistake } from './key-mistake.js'
import type { Patient } from './patient.js'
import { checkReadyMade } from './ready-made-check.js'
import { checkRedirectUri } from './redirect-uri-check.js'

/** Options that have a check of their own; all others are `settings`. */
const ownChecks: Readonly<Record<string, CheckId>> = {
  service: 'service',
  clientId: 'client-id',
  teamId: 'team-id',
  keyId: 'key-id',
  privateKey: 'private-key',
  privateKeyFile: 'private-key',
  clientSecret: 'client-secret',
  redirectUri: 'redirect-uri',
}

/** Everything that `appleAuth()` would refuse, and what it would take and Apple would not. */
export function checkSettings(patient: Patient): Check[] {
  const found = explainKey(patient, patient.problems.map(toCheck))
  const isWrong = (id: CheckId): boolean => found.some((check) => check.id === id)
  const isFine = (id: CheckId, judge: (patient: Patient) => readonly Check[]): readonly Check[] =>
    isWrong(id) ? [] : judge(patient)
  return [
    ...found,
    ...isFine('service', checkService),
    ...isFine('client-id', checkClientId),
    ...isFine('team-id', checkTeamId),
    ...checkKey(patient, isWrong),
    ...isFine('client-secret', checkReadyMade),
    ...isFine('redirect-uri', checkRedirectUri),
    ...patient.slips.map((slip) => warning('settings', slip)),
    ...isFine('settings', ({ slips }) =>
      slips.length > 0 ? [] : [ok('settings', 'All other settings can be read; what is not set has its default.')],
    ),
  ]
}

function toCheck({ option, variable, message }: ConfigProblem): Check {
  return problem(ownChecks[option] ?? 'settings', `${variable ?? option} ${message}.`)
}

/** Where it can be told what stands in the place of the key, that is the better explanation. */
function explainKey(patient: Patient, found: readonly Check[]): readonly Check[] {
  const aboutKey = found.filter(({ id }) => id === 'private-key')
  const mistake = aboutKey.length === 1 ? keyMistake(patient) : undefined
  if (mistake === undefined) return found
  return found.map((check) =>
    check.id === 'private-key' ? problem('private-key', mistake.message, mistake.advice) : check,
  )
}

function checkService(patient: Patient): Check[] {
  const { config, raw, variable } = patient
  if (config === undefined && raw('service') === undefined) {
    return [ok('service', `${variable('service')} is not set, so it is account-data-sharing.`)]
  }
  const service = config?.service ?? raw('service') ?? ''
  if (raw('service') !== undefined || service !== 'account-data-sharing') return [ok('service', service)]
  return [
    ok(
      'service',
      `account-data-sharing, because ${variable('service')} is not set; for sign-in-with-apple set it, or give --service ` +
        "where the app's code sets it.",
    ),
  ]
}

function checkTeamId({ raw }: Patient): Check[] {
  const teamId = raw('teamId')
  return teamId === undefined ? [] : [ok('team-id', shown(teamId))]
}
