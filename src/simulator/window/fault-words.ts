import type { FaultOptions } from '../faults.js'
import { serviceTitle } from '../services.js'

/** Says in plain words what a fault does, to what, and how often. */
export function faultWords(fault: FaultOptions, times: number): string {
  const { endpoint, service, path } = fault
  const where = [endpoint ?? 'any endpoint', path, service === undefined ? undefined : serviceTitle(service)]
  const often = times === Infinity ? 'until called off' : times === 1 ? 'once' : `${String(times)} times`
  return `${where.filter((part) => part !== undefined).join(', ')}: ${howWords(fault)}, ${often}`
}

function howWords({ status, retryAfterSeconds, delayMs, connection }: FaultOptions): string {
  const late = delayMs === undefined ? undefined : `answers ${String(delayMs / 1000)} s late`
  const retry = retryAfterSeconds === undefined ? '' : ` with X-Retry-After ${String(retryAfterSeconds)}`
  const how = {
    hang: 'gives no answer',
    reset: 'cuts the connection',
    none: status === undefined ? undefined : `answers ${String(status)}${retry}`,
  }[connection ?? 'none']
  return [late, how].filter((part) => part !== undefined).join(' and ')
}
