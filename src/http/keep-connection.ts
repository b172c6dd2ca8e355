import type { AppleClaims } from '../apple/identity.js'
import type { AppleOrganization } from '../roster/organization.js'
import { loginTokens } from '../session/login-record.js'
import type { LoginRecord } from '../session/packed-login.js'
import type { Instance } from './instance.js'
import { loginStart } from './login-start.js'

/**
 * Keeps a Data Sharing login's grant as the connection of its school; does nothing while nobody has said which it is.
 *
 * @throws AppleStoreError
 */
export async function keepConnection(
  { connections }: Instance,
  record: LoginRecord,
  claims: AppleClaims | undefined,
  organization: AppleOrganization | undefined,
): Promise<void> {
  const organizationId = organization?.id ?? claims?.org_id
  const tokens = loginTokens(record)
  if (connections === undefined || organizationId === undefined || tokens === undefined) return
  const { accessToken, accessTokenExpiresAt, refreshToken } = tokens
  await connections.keep({
    organizationId,
    organization,
    iss: claims?.iss,
    sub: claims?.sub,
    scope: record.scope,
    accessToken,
    accessTokenExpiresAt,
    refreshToken,
    connectedAt: loginStart(record, claims) / 1000,
  })
}
