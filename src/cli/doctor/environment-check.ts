import { existsSync } from 'node:fs'
import { type Check, ok, warning } from './check.js'
import type { Patient } from './patient.js'

/** The app's other variables that the doctor looks at. */
const others = ['SESSION_SECRET', 'NODE_ENV', 'TRUST_PROXY']

/** Says where the variables come from, and which of a file do not count. */
export function checkEnvironment({ environment, envPrefix }: Patient): Check[] {
  const { files, overruled, variables } = environment
  const hidden = overruled.filter((name) => name.startsWith(envPrefix) || others.includes(name))
  if (hidden.length > 0) {
    return hidden.map((name) =>
      warning(
        'environment',
        `${name} in ${files.join(', ')} does not count: the environment has another value, and it wins, as with node --env-file.`,
        `If the file is right: unset ${name}`,
      ),
    )
  }
  if (files.length > 0) return [ok('environment', `Read from ${files.join(', ')}; what the environment sets wins.`)]
  if (!Object.keys(variables).some((name) => name.startsWith(envPrefix)) && existsSync('.env')) {
    return [
      warning(
        'environment',
        `No variable that begins with ${envPrefix} is set, and the file .env here was not read.`,
        'Add --env-file .env',
      ),
    ]
  }
  return [ok('environment', 'Read from the environment alone.')]
}
