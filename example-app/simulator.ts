import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AppleSimulator, createAppleSimulator } from 'express-apple-auth/simulator'
import { dataFolder, SettingError } from './settings.js'

/**
 * Prepares the simulator, registers this app with it for both services, and gives it with what sets the variables that
 * lead there, which is possible once it listens. Consents and tokens are kept in the data folder, so that a school stays
 * connected when both are started again.
 *
 * @throws SettingError in production
 */
export function prepareSimulator(url: string): { simulator: AppleSimulator; setVariables: () => void } {
  if (process.env.NODE_ENV === 'production') {
    throw new SettingError('APPLE_CLIENT_ID is missing, and the simulator does not run with NODE_ENV=production.')
  }
  const simulator = createAppleSimulator({ stateFile: join(dataFolder(), 'simulator.json') })
  const people = simulator.createClient({
    service: 'sign-in-with-apple',
    clientId: 'com.example.people',
    redirectUris: [`${url}/auth/apple/callback`],
  })
  const schools = simulator.createClient({
    service: 'account-data-sharing',
    clientId: 'com.example.schools',
    redirectUris: [`${url}/auth/school/callback`],
  })
  return {
    simulator,
    setVariables() {
      setVariables('APPLE_', people.environment)
      setVariables('APPLE_SCHOOL_', schools.environment)
      process.env.SESSION_SECRET ||= keptSecret()
    },
  }
}

function setVariables(prefix: string, environment: Record<string, string>): void {
  // Empty is absent: of the three ways to give a key, the simulator's is the one that counts.
  const all = { APPLE_PRIVATE_KEY_FILE: '', APPLE_CLIENT_SECRET: '', ...environment }
  for (const [name, value] of Object.entries(all)) process.env[name.replace('APPLE_', prefix)] = value
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
