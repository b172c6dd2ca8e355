import type { AppleClient } from '../apple/client.js'
import type { OwedRevocation } from '../session/owed-revocations.js'

/** Asks Apple once to take tokens back: the refresh token, else the access token. Rejects with its refusal or silence. */
export async function askApple(client: AppleClient, owed: OwedRevocation): Promise<void> {
  const { refreshToken, accessToken, issuedTo } = owed
  if (refreshToken === undefined) await client.revoke(accessToken, 'access_token', issuedTo)
  else await client.revoke(refreshToken, 'refresh_token', issuedTo)
}
