import { createExchangeLog, type ExchangeLog } from './exchange-log.js'
import { createLogins, type Logins } from './login.js'
import { createRedaction, type Redaction } from './shown-field.js'

/** What the simulator's window shows, and who looks at it. */
export interface SimulatorWindow {
  readonly log: ExchangeLog
  readonly logins: Logins
  readonly redaction: Redaction
  /** Ends the streams of those who look. */
  readonly streams: Set<() => void>
}

/** Opens a window that saw nothing yet. */
export function createSimulatorWindow(): SimulatorWindow {
  const redaction = createRedaction()
  return { log: createExchangeLog(), logins: createLogins(redaction), redaction, streams: new Set() }
}
