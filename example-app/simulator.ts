import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AppleSimulator, createAppleSimulator } from 'express-apple-auth/simulator'
import { schoolPrefix } from './apple.js'
import { dataFolder, readWholeNumber, SettingError } from './settings.js'

/** More would only be slow: this app holds a whole school in memory while it reads it. */
const largestSchool = 1_000_000

/**
 * Prepares the simulator, registers this app with it for both services, and gives it with what sets the variables that
 * lead there, which is possible once it listens. Consents and tokens are kept in the data folder, so that a school stays
 * connected when both are started again.
 *
 * @throws SettingError in production, and for a `SIMULATOR_SCHOOL_SIZE` that is none
 */
export function prepareSimulator(url: string): { simulator: AppleSimulator; setVariables: () => void } {
  if (process.env.NODE_ENV === 'production') {
    throw new SettingError('APPLE_CLIENT_ID is missing, and the simulator does not run with NODE_ENV=production.')
  }
  const simulator = createAppleSimulator({
    stateFile: join(dataFolder(), 'simulator.json'),
    schoolSize: readWholeNumber('SIMULATOR_SCHOOL_SIZE', 120, largestSchool),
  })
  const people = simulator.createClient({
    service: 'sign-in-with-apple',
    clientId: 'com.example.people',
    redirectUris: [`${url}/auth/apple/callback`],
    notificationUrl: `${url}/auth/apple/notifications`,
  })
  const schools = simulator.createClient({
    service: 'account-data-sharing',
    clientId: 'com.example.schools',
    redirectUris: [`${url}/auth/school/callback`],
    notificationUrl: `${url}/auth/school/notifications`,
    envPrefix: schoolPrefix,
  })
  return {
    simulator,
    setVariables() {
      Object.assign(process.env, people.environment, schools.environment)
      process.env.SESSION_SECRET ||= keptSecret()
    },
  }
}

/** The secret of the first start, so that people stay signed in over the next ones. */
function keptSecret(): string {
  const file = join(dataFolder(), 'session-secret')
  try {
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8')
}
