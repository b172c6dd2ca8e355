import { type AppleService, services } from '../config/services.js'
import { UsageError } from './command-errors.js'

/** The service that --service names. @throws UsageError for another name */
export function parseService(name: string): AppleService {
  if (isService(name)) return name
  throw new UsageError(`The option --service takes ${Object.keys(services).join(' or ')}.`)
}

function isService(name: string): name is AppleService {
  return Object.hasOwn(services, name)
}
