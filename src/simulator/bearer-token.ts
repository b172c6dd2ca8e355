import type { SimulatorState } from './simulator-state.js'
import type { Authorization } from './token-book.js'

/** The token in an Authorization header, RFC 6750; undefined where there is none. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S{1,4096})$/i.exec(header ?? '')?.[1]
}

/** What a live access token in an Authorization header stands for; undefined where there is none. */
export function readBearer({ tokens }: SimulatorState, header: string | undefined): Authorization | undefined {
  const token = bearerOf(header)
  const issued = token === undefined ? undefined : tokens.find(token)
  return issued?.kind === 'access_token' && tokens.isLive(issued) ? issued.authorization : undefined
}
