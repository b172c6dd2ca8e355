import { checkApp } from './app-checks.js'
import { checkAppLogin } from './app-login-check.js'
import { checkAppleKeys } from './apple-keys-check.js'
import { checkAuthorize } from './authorize-check.js'
import { type Check, type CheckId, checkIds, skipped } from './check.js'
import { type ClientSecretParts, currentSecret } from './client-secret-parts.js'
import { checkClock, checkClockAlone } from './clock-check.js'
import { checkCredentials } from './credentials-check.js'
import { checkEnvironment } from './environment-check.js'
import type { Patient } from './patient.js'
import { checkSettings } from './setting-checks.js'
import { createWatchedFetch } from './watched-fetch.js'

/** All that the doctor has to say. */
export interface Findings {
  /** In the order of their ids. */
  readonly checks: readonly Check[]
  readonly clientSecret: ClientSecretParts | undefined
}

/** How far the doctor may go. */
export interface ExaminationOptions {
  /** Whether Apple and the app may be asked. */
  readonly isLive: boolean
  /** Where the app listens. Default: at the redirect URI's host. */
  readonly appUrl: string | undefined
}

const liveIds: readonly CheckId[] = ['apple-keys', 'apple-credentials', 'apple-authorize', 'app-login']

/** Makes every check that can be made. */
export async function examine(patient: Patient, options: ExaminationOptions): Promise<Findings> {
  const clientSecret = await currentSecret(patient)
  const found = [
    ...checkEnvironment(patient),
    ...checkSettings(patient),
    ...checkApp(patient, options.isLive),
    ...(await checkLive(patient, clientSecret, options)),
  ]
  const place = ({ id }: Check): number => checkIds.indexOf(id)
  return { checks: found.sort((one, other) => place(one) - place(other)), clientSecret }
}

async function checkLive(
  patient: Patient,
  clientSecret: ClientSecretParts | undefined,
  { isLive, appUrl }: ExaminationOptions,
): Promise<readonly Check[]> {
  const { config } = patient
  const clock = checkClockAlone(patient, clientSecret?.claims.iat)
  if (!isLive) return [clock, ...skipAll('Needs --live.')]
  if (config === undefined) return [clock, ...skipAll('The problems above come first.')]
  const watched = createWatchedFetch(config)
  const { checks, isReachable } = await checkAppleKeys(patient, config, watched)
  const login = await checkAppLogin(patient, config, appUrl)
  if (!isReachable) {
    return [
      clock,
      ...checks,
      ...login,
      ...skipAll('Apple cannot be reached.', ['apple-credentials', 'apple-authorize']),
    ]
  }
  const authorize = await checkAuthorize(patient, config, watched)
  return [
    clock.status === 'problem' ? clock : checkClock(watched.difference(), patient),
    ...checks,
    await checkCredentials(patient, config, watched, authorize.status === 'ok'),
    authorize,
    ...login,
  ]
}

function skipAll(reason: string, ids: readonly CheckId[] = liveIds): Check[] {
  return ids.map((id) => skipped(id, reason))
}
