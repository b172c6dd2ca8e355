import type { SimulatorService } from './services.js'

/** Where a request arrived. */
export type SimulatorEndpoint = 'authorize' | 'consent' | 'token' | 'revoke' | 'keys' | 'roster' | 'usermigrationinfo'

/** One request that reached the simulator. It never holds a secret, token or code. */
export interface SimulatorRequest {
  readonly endpoint: SimulatorEndpoint
  /** Absent for the Roster API. */
  readonly service?: SimulatorService
  /** 0 where a fault left the request without an answer. */
  readonly status: number
  /** Of the Roster API: the path, with `{userId}` and the like for an id that the school does not have. */
  readonly path?: string
  /** Apple's error code, as answered or as handed to the redirect URI. */
  readonly error?: string
  /** What Apple would not tell: why the request failed. */
  readonly reason?: string
  /** Only an id that is registered. */
  readonly clientId?: string
  /** Only a grant type that the service knows. */
  readonly grantType?: string
  /** Milliseconds, on the simulator's clock. */
  readonly at: number
}

/** What an endpoint may add to its own record while it works. */
export type RequestNote = { -readonly [Name in 'path' | 'error' | 'reason' | 'clientId' | 'grantType']?: string }

/** The latest requests. */
export interface RequestLog {
  readonly add: (request: SimulatorRequest) => void
  readonly list: () => readonly SimulatorRequest[]
}

/** Keeps the latest requests. Default: 1000. */
export function createRequestLog(limit = 1000): RequestLog {
  const requests: SimulatorRequest[] = []
  return {
    add(request) {
      requests.push(Object.freeze(request))
      if (requests.length > limit) requests.shift()
    },
    list: () => [...requests],
  }
}
