import { asDate, inWords } from '../lifetime.js'
import { type Check, ok, problem, skipped, warning } from './check.js'
import type { Patient } from './patient.js'

/** No right clock shows an earlier time than this, in milliseconds: this command did not exist then. */
const earliestMs = Date.UTC(2026, 0, 1)
/** Farther ahead than this, in seconds, our client secrets are from the future to Apple. */
const farAheadSeconds = 300
const advice =
  'Let the machine set its clock by the network (NTP): timedatectl set-ntp true, or the settings of your host.'

/** What can be said of the clock without asking anybody. */
export function checkClockAlone(patient: Patient, issuedAt: unknown): Check {
  const now = asDate(Date.now() / 1000)
  if (Date.now() < earliestMs) {
    return problem('clock', `This machine's clock says ${now}, which cannot be: this command is younger.`, advice)
  }
  if (
    patient.raw('clientSecret') !== undefined &&
    typeof issuedAt === 'number' &&
    issuedAt * 1000 > Date.now() + 60_000
  ) {
    return problem(
      'clock',
      `This machine's clock says ${now}, but the client secret was made at ${asDate(issuedAt)}: one of the two is wrong.`,
      advice,
    )
  }
  return skipped(
    'clock',
    `This machine's clock says ${now}, which is possible; with --live it is compared with Apple's.`,
  )
}

/** What Apple's `Date` header says of it: `difference` is our clock minus Apple's, in seconds. */
export function checkClock(difference: number | undefined, { config }: Patient): Check {
  if (difference === undefined) return skipped('clock', "Apple's answers did not say what time it is.")
  const tolerance = config?.clockToleranceSeconds ?? 30
  const away = inWords(difference)
  if (difference < -tolerance) {
    return problem(
      'clock',
      `This machine's clock is ${away} behind Apple's, so every id_token would look as if it came from the future ` +
        '(ERR_APPLE_ID_TOKEN).',
      advice,
    )
  }
  if (difference > farAheadSeconds) {
    return problem(
      'clock',
      `This machine's clock is ${away} ahead of Apple's, so client secrets would look as if they came from the future ` +
        '(invalid_client).',
      advice,
    )
  }
  if (difference > tolerance) return warning('clock', `This machine's clock is ${away} ahead of Apple's.`, advice)
  const where = difference === 0 ? "as Apple's, to the second" : `within ${away} of Apple's`
  return ok('clock', `This machine's clock is ${where}.`)
}
