import type { SimulatorState } from './simulator-state.js'
import type { Authorization } from './token-book.js'

/** What a live access token in an Authorization header stands for, RFC 6750; undefined where there is none. */
export function readBearer({ tokens }: SimulatorState, header: string | undefined): Authorization | undefined {
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header ?? '')?.[1]
  const issued = token === undefined ? undefined : tokens.find(token)
  return issued?.kind === 'access_token' && tokens.isLive(issued) ? issued.authorization : undefined
}
