import type { AppleClaims } from '../apple/identity.js'
import type { AppleOrganization } from '../roster/organization.js'
import type { LoginRecord } from '../session/login-record.js'
import type { Instance } from './instance.js'
import { loginStart } from './login-start.js'

/**
 * Keeps a Data Sharing login's grant as the connection of its school; does nothing while nobody has said which it is.
 *
 * @throws AppleStoreError
 */
export async function keepConnection(
  { connections }: Instance,
  { loginAt, accessToken, accessTokenExpiresAt, refreshToken, scope }: LoginRecord,
  claims: AppleClaims | undefined,
  organization: AppleOrganization | undefined,
): Promise<void> {
  const organizationId = organization?.id ?? claims?.org_id
  if (connections === undefined || organizationId === undefined) return
  await connections.keep({
    organizationId,
    organization,
    iss: claims?.iss,
    sub: claims?.sub,
    scope,
    accessToken,
    accessTokenExpiresAt,
    refreshToken,
    connectedAt: loginStart({ loginAt }, claims) / 1000,
  })
}
