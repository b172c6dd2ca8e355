import { BoundedMap } from '../bounded-map.js'
import type { SimulatorService } from '../services.js'
import type { Exchange } from './exchange.js'
import type { Redaction } from './shown-field.js'

/** What belongs together: one way through authorize, and all that its code and tokens were used for. */
export interface Login {
  /** Counts from 1; 0 for what belongs to no login. */
  readonly number: number
  readonly service: SimulatorService | undefined
  clientId: string | undefined
  /** Who pressed Continue, as the page calls them. */
  who: string | undefined
  /** Of the `state` parameter. */
  readonly stateTag: string | undefined
  /** The latest exchange. */
  last: Exchange | undefined
}

/** How a login begins. */
export type LoginStart = Partial<Pick<Login, 'service' | 'clientId' | 'who' | 'stateTag'>>

/** Finds the login that an exchange belongs to; keeps no code and no token for it, only digests. */
export interface Logins {
  readonly begin: (start: LoginStart) => Login
  /** What belongs to no login. */
  readonly none: Login
  /** Ties a request of authorize to its login; it is held weakly. */
  readonly tie: (request: object, login: Login) => void
  readonly ofRequest: (request: object | undefined) => Login | undefined
  /** Remembers the login that a code or token came from. */
  readonly remember: (secret: string, login: Login) => void
  readonly ofSecret: (secret: string | undefined) => Login | undefined
  /** Remembers whose login it was, for what Apple tells the app later. */
  readonly own: (clientId: string, personId: string, login: Login) => void
  readonly ofOwner: (clientId: string, personId: string) => Login | undefined
}

/** Starts without any login. */
export function createLogins({ digest }: Redaction): Logins {
  const byRequest = new WeakMap<object, Login>()
  const bySecret = new BoundedMap<string, Login>(10_000)
  const byOwner = new BoundedMap<string, Login>(10_000)
  const ownerKey = (clientId: string, personId: string) => JSON.stringify([clientId, personId])
  let count = 0

  function create(number: number, { service, clientId, who, stateTag }: LoginStart): Login {
    return { number, service, clientId, who, stateTag, last: undefined }
  }

  return {
    begin: (start) => create(++count, start),
    none: create(0, {}),
    tie: (request, login) => void byRequest.set(request, login),
    ofRequest: (request) => (request === undefined ? undefined : byRequest.get(request)),
    remember: (secret, login) => void bySecret.set(digest(secret), login),
    ofSecret: (secret) => (secret === undefined ? undefined : bySecret.get(digest(secret))),
    own: (clientId, personId, login) => void byOwner.set(ownerKey(clientId, personId), login),
    ofOwner: (clientId, personId) => byOwner.get(ownerKey(clientId, personId)),
  }
}
