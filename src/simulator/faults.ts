import { requireKnownNames } from './known-names.js'
import { serviceNames, type SimulatorService } from './services.js'

/** Where a fault can strike: what apps ask without a browser. */
export type FaultEndpoint = 'token' | 'revoke' | 'keys' | 'roster' | 'usermigrationinfo'

/** One way to misbehave; at least one of `status`, `delayMs` and `connection` says how. */
export interface FaultOptions {
  /** Default: any of them. */
  readonly endpoint?: FaultEndpoint
  /** Which family of token, revoke and keys; the Roster API belongs to neither. Default: both. */
  readonly service?: SimulatorService
  /** How the path below `/rosterapi/v1` begins, such as `/classes`; other endpoints have none. Default: any. */
  readonly path?: string
  /** The status to answer instead, 400 to 599, without a body. Default: the usual answer. */
  readonly status?: number
  /** Sent as `X-Retry-After` with `status`; a string is sent as it is, nonsense too. Default: not sent. */
  readonly retryAfterSeconds?: number | string
  /** Milliseconds to wait before anything else happens. Default: 0. */
  readonly delayMs?: number
  /** Instead of an answer: keep the connection open and say nothing, or cut it. Default: answer. */
  readonly connection?: 'hang' | 'reset'
  /** How many requests it strikes; `Infinity` until `behave()`. Default: 1. */
  readonly times?: number
}

/** The request that a fault may strike. */
export interface FaultTarget {
  readonly endpoint: string
  readonly service: SimulatorService | undefined
  /** Below `/rosterapi/v1`; empty elsewhere. */
  readonly path: string
}

/** The faults that wait for their requests. */
export interface Faults {
  /** Adds one behind those that wait. @throws TypeError for options that make no sense */
  readonly add: (fault: FaultOptions) => void
  /** Takes the first one that fits a request; undefined when the request is spared. */
  readonly take: (target: FaultTarget) => FaultOptions | undefined
  /** Those that wait, and how many requests each still strikes. */
  readonly list: () => readonly { readonly fault: FaultOptions; readonly times: number }[]
  /** Forgets all that wait. */
  readonly clear: () => void
}

/** Every endpoint that a fault can strike. */
export const faultEndpoints: readonly FaultEndpoint[] = ['token', 'revoke', 'keys', 'roster', 'usermigrationinfo']
// A Record, so that the compiler asks for a new option here too.
const optionNames: Record<keyof FaultOptions, true> = {
  endpoint: true,
  service: true,
  path: true,
  status: true,
  retryAfterSeconds: true,
  delayMs: true,
  connection: true,
  times: true,
}

/** Starts without faults. */
export function createFaults(): Faults {
  let waiting: { readonly fault: FaultOptions; times: number }[] = []
  return {
    add(fault) {
      checkFault(fault)
      waiting.push({ fault: { ...fault }, times: fault.times ?? 1 })
    },
    take(target) {
      const struck = waiting.find(({ fault }) => fits(fault, target))
      if (struck === undefined) return undefined
      struck.times -= 1
      if (struck.times === 0) waiting = waiting.filter((other) => other !== struck)
      return struck.fault
    },
    list: () => waiting.map(({ fault, times }) => ({ fault, times })),
    clear() {
      waiting = []
    },
  }
}

function fits(fault: FaultOptions, { endpoint, service, path }: FaultTarget): boolean {
  return (
    faultEndpoints.some((name) => name === endpoint) &&
    (fault.endpoint ?? endpoint) === endpoint &&
    (fault.service ?? service) === service &&
    path.startsWith(fault.path ?? '')
  )
}

function checkFault(fault: FaultOptions): void {
  requireKnownNames('fail', fault, Object.keys(optionNames))
  checkTarget(fault)
  const { status, retryAfterSeconds, delayMs, connection, times = 1 } = fault
  if (status === undefined && delayMs === undefined && connection === undefined) {
    throw new TypeError('fail needs at least one of status, delayMs and connection.')
  }
  refuseUnless(status === undefined || isWhole(status, 400, 599), 'status must be a whole number from 400 to 599')
  refuseUnless(status === undefined || connection === undefined, 'status and connection exclude each other')
  refuseUnless(retryAfterSeconds === undefined || status !== undefined, 'retryAfterSeconds needs a status')
  const isHeader = /^[\t\x20-\x7e]*$/.test(String(retryAfterSeconds ?? ''))
  refuseUnless(isHeader, 'retryAfterSeconds must be printable ASCII, because it becomes a header')
  const isDelay = delayMs === undefined || isWhole(delayMs, 0, 2 ** 31 - 1)
  refuseUnless(isDelay, 'delayMs must be a whole number of milliseconds, at most 2147483647')
  const isConnection = connection === undefined || ['hang', 'reset'].includes(connection)
  refuseUnless(isConnection, 'connection must be hang or reset')
  refuseUnless(times === Infinity || isWhole(times, 1, Infinity), 'times must be a whole number from 1, or Infinity')
}

function checkTarget({ endpoint, service, path }: FaultOptions): void {
  refuseUnless(
    endpoint === undefined || faultEndpoints.includes(endpoint),
    `endpoint must be one of ${faultEndpoints.join(', ')}`,
  )
  refuseUnless(
    service === undefined || serviceNames.includes(service),
    `service must be one of ${serviceNames.join(', ')}`,
  )
  refuseUnless(service === undefined || endpoint !== 'roster', 'service says nothing about the endpoint roster')
  refuseUnless(path === undefined || path.startsWith('/'), 'path must begin with /, such as /classes')
  const hasPath = endpoint === undefined || endpoint === 'roster'
  refuseUnless(path === undefined || hasPath, 'path is for the endpoint roster only')
}

function refuseUnless(isFine: boolean, rule: string): void {
  if (!isFine) throw new TypeError(`fail: ${rule}.`)
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
