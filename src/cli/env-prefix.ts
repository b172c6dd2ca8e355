import type { Settings } from '../config/settings.js'
import { UsageError } from './command-errors.js'

/** Refuses a prefix that no instance can have. @throws UsageError */
export function requirePrefix(settings: Settings): void {
  if (!settings.isWrong('envPrefix')) return
  throw new UsageError('The option --env-prefix takes the beginning of variable names, such as APPLE_SCHOOL_.')
}
