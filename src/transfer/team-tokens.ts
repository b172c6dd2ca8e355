import { isFresh } from '../apple/refresh.js'
import type { TokenResponse } from '../apple/token-response.js'

/** The team's own access token, kept in this process until a minute before its end. */
export interface TeamTokens {
  /** The one that is kept, else a new one; one request in flight, however many wait for it. */
  current(): Promise<string>
  /** Another one than Apple has just refused. */
  renewed(refused: string): Promise<string>
}

/** Starts without a token; `request` asks Apple for one. */
export function createTeamTokens(request: () => Promise<TokenResponse>): TeamTokens {
  let kept: { readonly accessToken: string; readonly expiresAt: number } | undefined
  let underWay: Promise<string> | undefined

  async function renew(): Promise<string> {
    try {
      const { accessToken, expiresInSeconds } = await request()
      kept = { accessToken, expiresAt: Math.floor(Date.now() / 1000) + expiresInSeconds }
      return accessToken
    } finally {
      underWay = undefined
    }
  }

  async function current(): Promise<string> {
    if (kept !== undefined && isFresh(kept)) return kept.accessToken
    underWay ??= renew()
    return underWay
  }

  return {
    current,
    renewed(refused) {
      if (kept?.accessToken === refused) kept = undefined
      return current()
    },
  }
}
