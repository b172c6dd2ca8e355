import { refusesToken } from '../apple/migration-refusal.js'
import type { MigrationCall } from '../apple/user-migration.js'
import type { TeamTokens } from './team-tokens.js'
import { type Effort, tryPatiently } from './try-patiently.js'

/** A request that needs the team's access token. */
export type TeamRequest<T> = (call: MigrationCall) => Promise<T>

/**
 * Makes a request patiently; gets the access token for each attempt, so that its failures are waited for too, and renews
 * it once.
 */
export function withTeamToken<T>(tokens: TeamTokens, request: TeamRequest<T>, effort: Effort): Promise<T> {
  const { signal } = effort
  let isRenewed = false
  return tryPatiently(async () => {
    const accessToken = await tokens.current()
    try {
      return await request({ accessToken, signal })
    } catch (error) {
      if (isRenewed || !refusesToken(error)) throw error
      isRenewed = true
      return request({ accessToken: await tokens.renewed(accessToken), signal })
    }
  }, effort)
}
